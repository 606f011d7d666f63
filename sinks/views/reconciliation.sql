-- seen by: analyst
-- brand: as what it reads
CREATE VIEW reconciliation
(
    brand_id String COMMENT 'Brand; empty for dead letters, which belong to none that could be trusted. 品牌；死信没有可信的品牌，为空。',
    day Date COMMENT 'Day of the earliest payment, of viewing, or of what the row is about, Asia/Shanghai. 付款日、浏览日或该行所述事件的日期（北京时间）。',
    measure String,
    expected Int64,
    found_in String,
    found Int64,
    difference Int64,
    reason String COMMENT 'Why they differ; empty where they do not. 差异原因；无差异则为空。'
)
SQL SECURITY INVOKER
AS SELECT
    brand_id, day, measure,
    toInt64(sum(events)) AS expected,
    found_in,
    toInt64(sum(rows)) AS found,
    found - expected AS difference,
    if(difference = 0, '', if(any(why) != '', any(why), 'Some rows of a batch are not there yet, or rows were lost: ask again, and if it stays have an operator verify the tables.')) AS reason
FROM
(
    -- What the events say stands beside each place where it is found again; sums bring the two together.
    SELECT brand_id, toDate(assumeNotNull(paid_at)) AS day, m.1 AS measure, m.2 AS events, found_in, toInt64(0) AS rows, '' AS why
    FROM sub_order_amounts
    ARRAY JOIN
        [('sub-orders', toInt64(1)), ('gross_fen', gross_fen), ('refunded_fen', refunded_fen), ('net_fen', net_fen)] AS m
    ARRAY JOIN
        ['conversions'{% for model in adding_up %}, 'credits: {{ model }}'{% endfor %}] AS found_in
    WHERE paid_at IS NOT NULL
    UNION ALL
    SELECT brand_id, toDate(paid_at), m.1, 0, 'conversions', m.2, ''
    FROM conversions_with_amounts
    ARRAY JOIN [('sub-orders', toInt64(1)), ('gross_fen', gross_fen), ('refunded_fen', refunded_fen), ('net_fen', net_fen)] AS m
    UNION ALL
    SELECT brand_id, day, m.1, 0, concat('credits: ', model), m.2, ''
    FROM
    (
        SELECT
            brand_id, toDate(paid_at) AS day, c.model AS model,
            toInt64(round(sum(c.weight))) AS sub_orders,
            sum(c.gross_fen) AS gross_fen,
            sum(c.refunded_fen) AS refunded_fen,
            sum(c.net_fen) AS net_fen
        FROM credits_by_model(lookback_days = {lookback_days:UInt16}) AS c
        WHERE model NOT IN ({{ not_adding_up | literals }})
        GROUP BY brand_id, day, model
    )
    ARRAY JOIN [('sub-orders', sub_orders), ('gross_fen', gross_fen), ('refunded_fen', refunded_fen), ('net_fen', net_fen)] AS m
    UNION ALL
    SELECT brand_id, day, 'journeys', toInt64(uniqExact(note_id, user_id)), 'journeys', 0, ''
    FROM current_touches
    WHERE kind = 'view'
    GROUP BY brand_id, day
    UNION ALL
    SELECT brand_id, entry_date, 'journeys', 0, 'journeys', 1, ''
    FROM current_journeys
    UNION ALL
    SELECT brand_id, day, 'touches that were too late', 0, 'touches', 1, 'They arrived after the allowed lateness: they are facts, and in no journey and no path.'
    FROM current_touches
    WHERE too_late
    UNION ALL
    SELECT brand_id, toDate(occurred_at), 'payments that were too late', 0, 'order_events', 1, 'They arrived after the allowed lateness: they count, but their paths may lack touches (path_incomplete).'
    FROM current_order_events
    WHERE too_late AND kind = 'PAY'
    UNION ALL
    SELECT brand_id, toDate(max(occurred_at)), 'refunded_fen without a payment', 0, 'order_events', toInt64(sum(amount_fen)), 'No payment of their sub-orders has arrived: these refunds are in no conversion.'
    FROM current_order_events
    GROUP BY brand_id, sub_order_id
    HAVING countIf(kind = 'PAY') = 0
    UNION ALL
    SELECT '', day, concat('dead letters: ', reason), 0, topic, toInt64(messages), 'They could not be used: current_dead_letters says why, message by message.'
    FROM dead_letters_by_day
    -- Former versions had what was too late there as well.
    WHERE reason != 'too_late'
)
GROUP BY brand_id, day, measure, found_in
COMMENT 'Every number beside what the events say it must be, by brand and day; where they differ, the reason. 各数值与事件明细逐项对账，按品牌与日期；有差异则说明原因。';
