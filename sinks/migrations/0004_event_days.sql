-- Days on which a topic had events, one row per topic and day: what `coverage` asks, as the facts would have to be read
-- for it. Every row that is inserted is a part, and merging keeps the least and the greatest mark, so parts may come in
-- any order, any number of times. Marks are 16 bits of a hash: two that differ are two users, and none says which.
CREATE TABLE IF NOT EXISTS event_days
(
    topic LowCardinality(String),
    day Date,
    least_mark SimpleAggregateFunction(min, UInt16),
    greatest_mark SimpleAggregateFunction(max, UInt16)
)
ENGINE = AggregatingMergeTree
ORDER BY (topic, day)
COMMENT 'Days on which each topic had events, and whether of several users, one row per topic and day once merged: read coverage_by_topic. 各主题有事件的日期及是否来自多位用户，合并后每个主题、日期一行：请查询 coverage_by_topic。';

-- What came before the views that feed it from now on.
INSERT INTO event_days
SELECT
    multiIf(kind = 'view', 'note-views', kind = 'click', 'link-clicks', 'note-saves') AS topic,
    day, min(toUInt16(sipHash64(user_id))), max(toUInt16(sipHash64(user_id)))
FROM touches
GROUP BY topic, day;

INSERT INTO event_days
SELECT 'taobao-purchases', toDate(occurred_at) AS day, min(toUInt16(sipHash64(user_id))), max(toUInt16(sipHash64(user_id)))
FROM order_events
GROUP BY day;
