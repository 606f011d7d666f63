-- What each touch of a path is credited with, under a model and a window that are chosen when asking. A share of money is
-- a whole number of fen: total * weight / weights rounded down, and the fen that are left go to the greatest remainders,
-- the earlier touch first where they are equal. So the shares of an order add up to the order. Weights are whole
-- numbers, too: those of time_decay are rounded to 2^-60 of the newest touch's.
--
-- Views with parameters run in the name of whoever asks, and read other views: so these decide which brands are seen.
--
-- seen by: analyst
-- brand: as what it reads
CREATE VIEW attribution_credits
(
    brand_id String,
    platform LowCardinality(String),
    sub_order_id String,
    order_id String,
    user_id String,
    paid_at DateTime64(3, 'Asia/Shanghai'),
    touch UInt32,
    touched_at Nullable(DateTime64(3, 'Asia/Shanghai')),
    note_id String COMMENT credited,
    kind {{ credited_kind }} COMMENT credited,
    weight Float64,
    gross_fen Int64 COMMENT share,
    refunded_fen Int64 COMMENT share,
    net_fen Int64,
    path_truncated Bool,
    path_incomplete Bool
)
SQL SECURITY INVOKER
AS SELECT
    brand_id, platform, sub_order_id, order_id, user_id, paid_at,
    toUInt32(if(n = 0, 0, place)) AS touch,
    if(n = 0, NULL, times[place]) AS touched_at,
    notes[place] AS note_id,
    CAST(multiIf(n > 0, toInt8(kinds[place]), path_truncated OR path_incomplete, 7, 0) AS {{ credited_kind }}) AS kind,
    weights[place] / whole AS weight,
    gross_shares[place] AS gross_fen,
    refunded_shares[place] AS refunded_fen,
    gross_shares[place] - refunded_shares[place] AS net_fen,
    path_truncated, path_incomplete
FROM
(
    -- The fen that are left go to as many places: those of the greatest remainders.
    SELECT
        *,
        arraySlice(arraySort(i -> (-gross_rests[i], i), places), 1, intDiv(arraySum(gross_rests), whole)) AS gross_more,
        arraySlice(arraySort(i -> (-refunded_rests[i], i), places), 1, intDiv(arraySum(refunded_rests), whole)) AS refunded_more,
        arrayMap(i -> toInt64(intDiv(gross_fen * weights[i], whole) + has(gross_more, i)), places) AS gross_shares,
        arrayMap(i -> toInt64(intDiv(refunded_fen * weights[i], whole) + has(refunded_more, i)), places) AS refunded_shares
    FROM
    (
        SELECT
            *,
            if({model:String} IN ({{ not_adding_up | literals }}), toInt128(1), arraySum(weights)) AS whole,
            arrayMap(w -> (gross_fen * w) % whole, weights) AS gross_rests,
            arrayMap(w -> (refunded_fen * w) % whole, weights) AS refunded_rests
        FROM
        (
            SELECT
                *,
                arrayLastIndex(k -> k = 'click', kinds) AS last_click,
                range(1, greatest(n, 1) + 1) AS places,
                arrayMap(i -> multiIf(
                    n = 0, toInt128(1),
                    {% for model in models %}
                    {model:String} = '{{ model }}', toInt128({{ weights[model] }}),
                    {% endfor %}
                    toInt128(0)
                ), places) AS weights
            FROM
            (
                SELECT
                    brand_id, platform, sub_order_id, order_id, user_id, paid_at, gross_fen, refunded_fen, path_truncated, path_incomplete,
                    toUnixTimestamp64Milli(paid_at) AS paid_ms,
                    arrayCount(t -> toUnixTimestamp64Milli(t) >= paid_ms - 86400000 * toInt64({lookback_days:UInt16}), `path.occurred_at`) AS n,
                    -- Touches are in order: those in the window are the last ones.
                    arraySlice(`path.occurred_at`, -n, n) AS times,
                    arraySlice(`path.kind`, -n, n) AS kinds,
                    arraySlice(`path.note_id`, -n, n) AS notes
                FROM conversions_with_amounts
                WHERE NOT throwIf({model:String} NOT IN ({{ models | literals }}), 'There is no such model: it is one of {{ models | words('and') }}.')
                    AND NOT throwIf({lookback_days:UInt16} > lookback_days, 'lookback_days is more than the paths reach back: column lookback_days of current_conversions says how far they do.')
            )
        )
    )
)
ARRAY JOIN places AS place
COMMENT 'What each touch of a path is credited with under a model ({{ models | join(', ') }}) and a window, one row per sub-order and touch. 各触点在指定模型与窗口下分得的功劳，每个子订单的每个触点一行。';
