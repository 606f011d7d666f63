-- How many messages could not be used: counts alone, which everybody may see.
CREATE VIEW IF NOT EXISTS dead_letters_by_day
(
    topic LowCardinality(String) COMMENT 'Kafka topic that the messages were read from. 消息所在的 Kafka 主题。',
    day Date COMMENT 'Day of their timestamps in Kafka, Asia/Shanghai. 消息在 Kafka 中的时间戳所在日期（北京时间）。',
    reason LowCardinality(String) COMMENT 'Reason code: not_wire_format, unknown_schema, undecodable, invalid_field, from_the_future or too_late. 原因代码：不是约定的报文格式、未知的模式编号、无法解码、字段不合规、来自未来或太迟。',
    messages UInt64 COMMENT 'Messages, a count. 消息数。'
)
AS SELECT topic, toDate(kafka_timestamp) AS day, reason, count() AS messages
FROM dead_letters FINAL
GROUP BY topic, day, reason
COMMENT 'Messages that could not be used, counted by topic, day and reason. 无法使用的消息数，按主题、日期与原因汇总。';

CREATE VIEW IF NOT EXISTS reconciliation
(
    brand_id String COMMENT 'Brand; empty for dead letters, which belong to none that could be trusted. 品牌；死信没有可信的品牌，为空。',
    day Date COMMENT 'Day of the earliest payment, of viewing, or of what the row is about, Asia/Shanghai. 付款日、浏览日或该行所述事件的日期（北京时间）。',
    measure String COMMENT 'What is counted: sub-orders, gross_fen, refunded_fen, net_fen, journeys, or what takes part in less than the rest. 指标名称。',
    expected Int64 COMMENT 'According to the events themselves, a count or fen. 按事件明细应有的数值，件数或分。',
    found_in String COMMENT 'Where it is found again: conversions, journeys, or the credits of a model. 对账对象：conversions、journeys 或某模型的归因。',
    found Int64 COMMENT 'What is found there, a count or fen. 对账对象中的数值，件数或分。',
    difference Int64 COMMENT 'found less expected. 差额：found 减 expected。',
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
        ['conversions', 'credits: first', 'credits: last', 'credits: last_click', 'credits: linear', 'credits: position', 'credits: time_decay'] AS found_in
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
        WHERE model != 'full'
        GROUP BY brand_id, day, model
    )
    ARRAY JOIN [('sub-orders', sub_orders), ('gross_fen', gross_fen), ('refunded_fen', refunded_fen), ('net_fen', net_fen)] AS m
    UNION ALL
    SELECT brand_id, day, 'journeys', toInt64(uniqExact(note_id, user_id)), 'journeys', 0, ''
    FROM current_touches
    WHERE kind = 'view' AND NOT too_late
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
)
GROUP BY brand_id, day, measure, found_in
COMMENT 'Every number beside what the events say it must be, by brand and day; where they differ, the reason. 各数值与事件明细逐项对账，按品牌与日期；有差异则说明原因。';

CREATE VIEW IF NOT EXISTS bridge
(
    brand_id String COMMENT 'Advertiser that the items belong to. 商品所属的品牌（广告主）。',
    step UInt8 COMMENT 'Number of the item, from 1. 项目序号，从 1 起。',
    item String COMMENT 'What the amount is. 项目说明。',
    amount_fen Int64 COMMENT 'In fen (1/100 CNY). The last item is the sum of those before it. 金额，单位分；最后一项为前面各项之和。'
)
SQL SECURITY INVOKER
AS SELECT brand_id, toUInt8(i.1) AS step, i.2 AS item, i.3 AS amount_fen
FROM
(
    SELECT
        brand_id,
        sumIf(net_fen, report = 'ours' AND paid) AS net,
        sumIf(gross_fen, report = 'ours' AND paid) AS gross,
        sumIf(gross_fen, report = 'their window' AND paid) AS in_their_window,
        sumIf(gross_fen, report = 'in full' AND paid) AS in_full,
        sumIf(gross_fen, report = 'in full' AND if({platform_day:String} = 'touch', touched, paid)) AS theirs
    FROM
    (
        SELECT *, paid_date BETWEEN {since:Date} AND {until:Date} AS paid, touch_date BETWEEN {since:Date} AND {until:Date} AS touched
        FROM
        (
            SELECT 'ours' AS report, * FROM attribution(model = {model:String}, lookback_days = {lookback_days:UInt16})
            UNION ALL
            SELECT 'their window', * FROM attribution(model = {model:String}, lookback_days = {platform_days:UInt16})
            UNION ALL
            SELECT 'in full', * FROM attribution(model = 'full', lookback_days = {platform_days:UInt16})
        )
        WHERE note_id != '' AND (paid OR touched)
    )
    WHERE NOT throwIf({platform_day:String} NOT IN ('touch', 'payment'), 'platform_day is touch or payment: the day on which the platform counts an order.')
    GROUP BY brand_id
)
ARRAY JOIN
[
    (1, 'Net credit of notes, by model and window', net),
    (2, 'Refunds, which are not deducted there', gross - net),
    (3, 'The window there', in_their_window - gross),
    (4, 'Whole orders for every note that touched them', in_full - in_their_window),
    (5, 'Counted on the day of the touch instead of the payment', theirs - in_full),
    (6, 'What the platform would report', theirs)
] AS i
COMMENT 'From our credited amounts to the figure that a platform would report, item by item, one row per brand and item. 从本系统归因金额到平台报表口径，逐项调节，每个品牌、每个项目一行。';
