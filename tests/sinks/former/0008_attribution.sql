-- What each touch of a path is credited with, under a model and a window that are chosen when asking. A share of money is
-- a whole number of fen: total * weight / weights rounded down, and the fen that are left go to the greatest remainders,
-- the earlier touch first where they are equal. So the shares of an order add up to the order. Weights are whole
-- numbers, too: those of time_decay are rounded to 2^-40.
--
-- Views with parameters run in the name of whoever asks, and read other views: so these decide which brands are seen.
CREATE VIEW IF NOT EXISTS attribution_credits
(
    brand_id String COMMENT 'Advertiser that the item belongs to. 商品所属的品牌（广告主）。',
    sub_order_id String COMMENT 'Sub-order: one line of the order, with one item. 子订单：订单中的一行，对应一个商品。',
    order_id String COMMENT 'Order of the earliest payment. 最早一笔付款所属的主订单。',
    user_id String COMMENT 'Account shared by Xiaohongshu and Taobao. 打通后的用户账号（小红书与淘宝一致）。',
    paid_at DateTime64(3, 'Asia/Shanghai') COMMENT 'Earliest payment, to the millisecond, shown in Asia/Shanghai time. 最早付款时间，精确到毫秒，按北京时间显示。',
    touch UInt32 COMMENT 'Number of the touch within the window, 1 for the earliest; 0 for an order without touches. 触点在窗口内的序号，最早为 1；自然成交为 0。',
    touched_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'When the touch happened, to the millisecond, Asia/Shanghai time; NULL for an order without touches. 触点时间（北京时间，毫秒）；自然成交为 NULL。',
    note_id String COMMENT 'Note of the touch; empty for an order without touches. 触点的笔记；自然成交为空。',
    kind Enum8('organic' = 0, 'view' = 1, 'save' = 2, 'click' = 4) COMMENT 'Kind of the touch; organic for an order without touches. 触点的行为；自然成交为 organic。',
    weight Float64 COMMENT 'Share of the order that is credited to the touch, 0 to 1. 该触点分得的权重，0 到 1。',
    gross_fen Int64 COMMENT 'Share of the payments, in fen (1/100 CNY). 分得的付款金额，单位分。',
    refunded_fen Int64 COMMENT 'Share of the refunds, in fen (1/100 CNY). 分得的退款金额，单位分。',
    net_fen Int64 COMMENT 'gross_fen less refunded_fen, in fen (1/100 CNY). 净额：付款减退款，单位分。'
)
SQL SECURITY INVOKER
AS SELECT
    brand_id, sub_order_id, order_id, user_id, paid_at,
    toUInt32(if(n = 0, 0, place)) AS touch,
    if(n = 0, NULL, times[place]) AS touched_at,
    notes[place] AS note_id,
    CAST(if(n = 0, 0, toInt8(kinds[place])) AS Enum8('organic' = 0, 'view' = 1, 'save' = 2, 'click' = 4)) AS kind,
    weights[place] / whole AS weight,
    gross_shares[place] AS gross_fen,
    refunded_shares[place] AS refunded_fen,
    gross_shares[place] - refunded_shares[place] AS net_fen
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
            if({model:String} = 'full', toInt128(1), arraySum(weights)) AS whole,
            arrayMap(w -> (gross_fen * w) % whole, weights) AS gross_rests,
            arrayMap(w -> (refunded_fen * w) % whole, weights) AS refunded_rests
        FROM
        (
            SELECT
                *,
                arrayLastIndex(k -> k = 'click', kinds) AS last_click,
                range(1, greatest(n, 1) + 1) AS places,
                arrayMap(i -> toInt128(multiIf(
                    n = 0, 1,
                    {model:String} = 'first', i = 1,
                    {model:String} = 'last', i = n,
                    {model:String} = 'last_click', i = if(last_click = 0, n, last_click),
                    {model:String} = 'linear', 1,
                    {model:String} = 'position', if(n > 2 AND i IN (1, n), 2 * (n - 2), 1),
                    {model:String} = 'time_decay', round(exp2(40 - (paid_ms - toUnixTimestamp64Milli(times[i])) / 604800000)),
                    i = arrayLastIndex(note -> note = notes[i], notes)
                )), places) AS weights
            FROM
            (
                SELECT
                    brand_id, sub_order_id, order_id, user_id, paid_at, gross_fen, refunded_fen,
                    toUnixTimestamp64Milli(paid_at) AS paid_ms,
                    arrayCount(t -> toUnixTimestamp64Milli(t) >= paid_ms - 86400000 * toInt64({lookback_days:UInt16}), `path.occurred_at`) AS n,
                    -- Touches are in order: those in the window are the last ones.
                    arraySlice(`path.occurred_at`, -n, n) AS times,
                    arraySlice(`path.kind`, -n, n) AS kinds,
                    arraySlice(`path.note_id`, -n, n) AS notes
                FROM conversions_with_amounts
                WHERE NOT throwIf({model:String} NOT IN ('first', 'last', 'last_click', 'linear', 'position', 'time_decay', 'full'), 'There is no such model: it is one of first, last, last_click, linear, position, time_decay and full.')
                    AND NOT throwIf({lookback_days:UInt16} > lookback_days, 'lookback_days is more than the paths reach back: column lookback_days of current_conversions says how far they do.')
            )
        )
    )
)
ARRAY JOIN places AS place
COMMENT 'What each touch of a path is credited with under a model (first, last, last_click, linear, position, time_decay, full) and a window, one row per sub-order and touch. 各触点在指定模型与窗口下分得的功劳，每个子订单的每个触点一行。';

CREATE VIEW IF NOT EXISTS credits_by_model
(
    model LowCardinality(String) COMMENT 'Model that credits: first, last, last_click, linear, position, time_decay or full. 归因模型。',
    brand_id String COMMENT 'Advertiser that the item belongs to. 商品所属的品牌（广告主）。',
    sub_order_id String COMMENT 'Sub-order: one line of the order, with one item. 子订单：订单中的一行，对应一个商品。',
    order_id String COMMENT 'Order of the earliest payment. 最早一笔付款所属的主订单。',
    user_id String COMMENT 'Account shared by Xiaohongshu and Taobao. 打通后的用户账号（小红书与淘宝一致）。',
    paid_at DateTime64(3, 'Asia/Shanghai') COMMENT 'Earliest payment, to the millisecond, shown in Asia/Shanghai time. 最早付款时间，精确到毫秒，按北京时间显示。',
    touch UInt32 COMMENT 'Number of the touch within the window, 1 for the earliest; 0 for an order without touches. 触点在窗口内的序号，最早为 1；自然成交为 0。',
    touched_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'When the touch happened, to the millisecond, Asia/Shanghai time; NULL for an order without touches. 触点时间（北京时间，毫秒）；自然成交为 NULL。',
    note_id String COMMENT 'Note of the touch; empty for an order without touches. 触点的笔记；自然成交为空。',
    kind Enum8('organic' = 0, 'view' = 1, 'save' = 2, 'click' = 4) COMMENT 'Kind of the touch; organic for an order without touches. 触点的行为；自然成交为 organic。',
    weight Float64 COMMENT 'Share of the order that is credited to the touch, 0 to 1. 该触点分得的权重，0 到 1。',
    gross_fen Int64 COMMENT 'Share of the payments, in fen (1/100 CNY). 分得的付款金额，单位分。',
    refunded_fen Int64 COMMENT 'Share of the refunds, in fen (1/100 CNY). 分得的退款金额，单位分。',
    net_fen Int64 COMMENT 'gross_fen less refunded_fen, in fen (1/100 CNY). 净额：付款减退款，单位分。'
)
SQL SECURITY INVOKER
AS SELECT toLowCardinality('first') AS model, * FROM attribution_credits(model = 'first', lookback_days = {lookback_days:UInt16})
UNION ALL SELECT toLowCardinality('last') AS model, * FROM attribution_credits(model = 'last', lookback_days = {lookback_days:UInt16})
UNION ALL SELECT toLowCardinality('last_click') AS model, * FROM attribution_credits(model = 'last_click', lookback_days = {lookback_days:UInt16})
UNION ALL SELECT toLowCardinality('linear') AS model, * FROM attribution_credits(model = 'linear', lookback_days = {lookback_days:UInt16})
UNION ALL SELECT toLowCardinality('position') AS model, * FROM attribution_credits(model = 'position', lookback_days = {lookback_days:UInt16})
UNION ALL SELECT toLowCardinality('time_decay') AS model, * FROM attribution_credits(model = 'time_decay', lookback_days = {lookback_days:UInt16})
UNION ALL SELECT toLowCardinality('full') AS model, * FROM attribution_credits(model = 'full', lookback_days = {lookback_days:UInt16})
COMMENT 'The credits of attribution_credits under each model, one row per model, sub-order and touch: models side by side. 各模型的触点归因并列，每个模型、子订单、触点一行。';

CREATE VIEW IF NOT EXISTS attribution
(
    brand_id String COMMENT 'Advertiser that the item belongs to. 商品所属的品牌（广告主）。',
    note_id String COMMENT 'Note that is credited; empty for orders without touches. 获得功劳的笔记；自然成交为空。',
    kind Enum8('organic' = 0, 'view' = 1, 'save' = 2, 'click' = 4) COMMENT 'Kind of the touches; organic for orders without touches. 触点的行为；自然成交为 organic。',
    paid_date Date COMMENT 'Day of the earliest payment, Asia/Shanghai. 最早付款日期（北京时间）。',
    touch_date Nullable(Date) COMMENT 'Day of the touches, Asia/Shanghai; NULL for orders without touches. 触点日期（北京时间）；自然成交为 NULL。',
    sub_orders Float64 COMMENT 'Sub-orders that are credited, a sum of weights. 分得的子订单数（权重之和）。',
    gross_fen Int64 COMMENT 'Payments that are credited, in fen (1/100 CNY). 分得的付款金额，单位分。',
    refunded_fen Int64 COMMENT 'Refunds that are credited, in fen (1/100 CNY). 分得的退款金额，单位分。',
    net_fen Int64 COMMENT 'gross_fen less refunded_fen, in fen (1/100 CNY). 净额：付款减退款，单位分。'
)
SQL SECURITY INVOKER
AS SELECT
    brand_id, note_id, kind,
    toDate(paid_at) AS paid_date,
    toDate(touched_at) AS touch_date,
    sum(c.weight) AS sub_orders,
    sum(c.gross_fen) AS gross_fen,
    sum(c.refunded_fen) AS refunded_fen,
    sum(c.net_fen) AS net_fen
FROM attribution_credits(model = {model:String}, lookback_days = {lookback_days:UInt16}) AS c
WHERE c.weight > 0
GROUP BY brand_id, note_id, kind, paid_date, touch_date
COMMENT 'Credit summed by note, kind of touch, day of payment and day of touch, under a model and a window. 按笔记、触点行为、付款日与触点日汇总的归因结果。';
