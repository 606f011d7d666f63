-- seen by: nobody
-- brand: none
CREATE MATERIALIZED VIEW days_of_touches TO event_days
(
    topic LowCardinality(String),
    day Date,
    least_mark UInt16,
    greatest_mark UInt16
)
AS SELECT
    toLowCardinality(multiIf(kind = 'view', 'note-views', kind = 'click', 'link-clicks', 'note-saves')) AS topic,
    day,
    min(toUInt16(sipHash64(user_id))) AS least_mark,
    max(toUInt16(sipHash64(user_id))) AS greatest_mark
FROM touches
GROUP BY topic, day
COMMENT 'Feeds the days of touches into event_days. 将触点的日期写入 event_days。';
