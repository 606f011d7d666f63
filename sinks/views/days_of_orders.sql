-- seen by: nobody
-- brand: none
CREATE MATERIALIZED VIEW days_of_orders TO event_days
(
    topic LowCardinality(String),
    day Date COMMENT 'Day of the payments and refunds, Asia/Shanghai. 付款与退款的日期（北京时间）。',
    least_mark UInt16,
    greatest_mark UInt16
)
AS SELECT
    toLowCardinality('taobao-purchases') AS topic,
    toDate(occurred_at) AS day,
    min(toUInt16(sipHash64(user_id))) AS least_mark,
    max(toUInt16(sipHash64(user_id))) AS greatest_mark
FROM order_events
GROUP BY topic, day
COMMENT 'Feeds the days of payments and refunds into event_days. 将付款与退款的日期写入 event_days。';
