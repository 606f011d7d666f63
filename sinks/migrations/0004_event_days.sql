-- Days on which a topic had events, one row per topic and day: what `coverage` asks, as the facts would have to be read
-- for it. Every row that is inserted is a part, and merging keeps the least and the greatest mark, so parts may come in
-- any order, any number of times. Marks are 16 bits of a hash: two that differ are two users, and none says which.
CREATE TABLE IF NOT EXISTS event_days
(
    topic LowCardinality(String),
    day Date,
    least_mark SimpleAggregateFunction(min, UInt16) COMMENT 'Least of the marks of its users, 16 bits of a hash of each user_id: where the least and the greatest differ, there were several. 当日用户标记（user_id 哈希的 16 位）的最小值：最小与最大不同即有多位用户。',
    greatest_mark SimpleAggregateFunction(max, UInt16) COMMENT 'Greatest of them. 其中的最大值。'
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
