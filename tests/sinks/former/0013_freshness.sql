-- How far workers have come, one row per ten minutes of a partition. Every row that is inserted is a part: merging keeps
-- the maximum of each column, so parts may come in any order, any number of times.
CREATE TABLE IF NOT EXISTS progress
(
    topic LowCardinality(String) COMMENT 'Kafka topic. Kafka 主题。',
    `partition` Int32 COMMENT 'Kafka partition, from 0. Kafka 分区，从 0 起。',
    slot DateTime64(3, 'Asia/Shanghai') COMMENT 'Start of ten minutes of the timestamps that messages have in Kafka, Asia/Shanghai time. 消息在 Kafka 中的时间戳所在的十分钟区间起点（北京时间）。' CODEC(Delta, ZSTD(1)),
    next_offset SimpleAggregateFunction(max, Int64) COMMENT 'Offset behind the last message of these ten minutes. 该区间最后一条消息之后的位移。' CODEC(ZSTD(1)),
    end_offset SimpleAggregateFunction(max, Int64) COMMENT 'Where the partition ended, as far as was known when they were read. 读取时已知的分区末端位移。' CODEC(ZSTD(1)),
    newest_message_at SimpleAggregateFunction(max, DateTime64(3, 'Asia/Shanghai')) COMMENT 'Newest timestamp in Kafka, Asia/Shanghai time. 消息在 Kafka 中的最新时间戳（北京时间）。' CODEC(ZSTD(1)),
    newest_event_at SimpleAggregateFunction(max, Nullable(DateTime64(3, 'Asia/Shanghai'))) COMMENT 'Newest time of a valid event, Asia/Shanghai time; NULL before the first. 最新有效事件的发生时间（北京时间）；尚无则为 NULL。' CODEC(ZSTD(1)),
    event_time SimpleAggregateFunction(max, Nullable(DateTime64(3, 'Asia/Shanghai'))) COMMENT 'Event time that the four topics of this partition number had reached together, Asia/Shanghai time; NULL before the first event. 该分区号四个主题共同到达的事件时间（北京时间）；尚无事件则为 NULL。' CODEC(ZSTD(1)),
    complete_until SimpleAggregateFunction(max, Nullable(DateTime64(3, 'Asia/Shanghai'))) COMMENT 'Event time less the allowed lateness: whatever comes of the time before is too late, Asia/Shanghai time; NULL before the first event. event_time 减去允许的迟到时间：此前的事件再到达即为太迟（北京时间）；尚无事件则为 NULL。' CODEC(ZSTD(1)),
    processed_at SimpleAggregateFunction(max, DateTime64(3, 'Asia/Shanghai')) DEFAULT now64(3) COMMENT 'When ClickHouse took the row, Asia/Shanghai time. ClickHouse 写入时间（北京时间）。' CODEC(ZSTD(1))
)
ENGINE = AggregatingMergeTree
ORDER BY (topic, `partition`, slot)
COMMENT 'How far workers have come in each partition, one row per ten minutes once merged: read freshness. 各分区的处理进度，合并后每十分钟一行：请查询 freshness。';

CREATE VIEW IF NOT EXISTS current_progress
(
    topic LowCardinality(String) COMMENT 'Kafka topic. Kafka 主题。',
    `partition` Int32 COMMENT 'Kafka partition, from 0. Kafka 分区，从 0 起。',
    slot DateTime64(3, 'Asia/Shanghai') COMMENT 'Start of ten minutes of the timestamps that messages have in Kafka, Asia/Shanghai time. 消息在 Kafka 中的时间戳所在的十分钟区间起点（北京时间）。',
    next_offset Int64 COMMENT 'Offset behind the last message of these ten minutes. 该区间最后一条消息之后的位移。',
    end_offset Int64 COMMENT 'Where the partition ended, as far as was known when they were read. 读取时已知的分区末端位移。',
    newest_message_at DateTime64(3, 'Asia/Shanghai') COMMENT 'Newest timestamp in Kafka, Asia/Shanghai time. 消息在 Kafka 中的最新时间戳（北京时间）。',
    newest_event_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'Newest time of a valid event, Asia/Shanghai time; NULL before the first. 最新有效事件的发生时间（北京时间）；尚无则为 NULL。',
    event_time Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'Event time that the four topics of this partition number had reached together, Asia/Shanghai time; NULL before the first event. 该分区号四个主题共同到达的事件时间（北京时间）；尚无事件则为 NULL。',
    complete_until Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'Event time less the allowed lateness: whatever comes of the time before is too late, Asia/Shanghai time; NULL before the first event. event_time 减去允许的迟到时间：此前的事件再到达即为太迟（北京时间）；尚无事件则为 NULL。',
    processed_at DateTime64(3, 'Asia/Shanghai') COMMENT 'When ClickHouse took the row, Asia/Shanghai time. ClickHouse 写入时间（北京时间）。'
)
AS SELECT topic, `partition`, slot, next_offset, end_offset, newest_message_at, newest_event_at, event_time, complete_until, processed_at
FROM progress FINAL
COMMENT 'How far workers have come in each partition, one row per ten minutes. 各分区的处理进度，每十分钟一行。';

CREATE VIEW IF NOT EXISTS freshness
(
    topic LowCardinality(String) COMMENT 'Kafka topic. Kafka 主题。',
    `partition` Int32 COMMENT 'Kafka partition, from 0. Kafka 分区，从 0 起。',
    newest_event_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'Newest time of a valid event, Asia/Shanghai time; NULL before the first. 最新有效事件的发生时间（北京时间）；尚无则为 NULL。',
    newest_message_at DateTime64(3, 'Asia/Shanghai') COMMENT 'Newest timestamp in Kafka of what was processed, Asia/Shanghai time. 已处理消息在 Kafka 中的最新时间戳（北京时间）。',
    processed_at DateTime64(3, 'Asia/Shanghai') COMMENT 'When rows were last written, Asia/Shanghai time. 最近一次写入时间（北京时间）。',
    processed UInt64 COMMENT 'Offset behind the last message that was processed. 已处理的最后一条消息之后的位移。',
    lag UInt64 COMMENT 'Messages that waited behind it at that moment. 当时尚待处理的消息数。',
    complete_until Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'Whatever comes of the time before is too late: what was computed of it stays, Asia/Shanghai time; NULL before the first event. 此前的事件再到达即为太迟，其结果不再变化（北京时间）；尚无事件则为 NULL。',
    late_share_hour Float64 COMMENT 'Of the messages of the hour before the newest, by their timestamps in Kafka and to ten minutes: the part that was too late. 最新消息之前一小时内（按 Kafka 时间戳，精度十分钟）太迟消息的占比。',
    late_share_day Float64 COMMENT 'The same of the day before the newest. 同上，最新消息之前一天。'
)
AS SELECT
    topic, `partition`,
    p.newest_event AS newest_event_at,
    p.newest_message AS newest_message_at,
    p.processed_last AS processed_at,
    toUInt64(p.processed_to) AS processed,
    toUInt64(greatest(p.end - p.processed_to, 0)) AS lag,
    -- The four topics of a partition number have one event time.
    max(p.complete) OVER (PARTITION BY `partition`) AS complete_until,
    if(late.hour = 0, 0, late.hour / greatest(p.processed_to - p.before_hour, 1)) AS late_share_hour,
    if(late.day = 0, 0, late.day / greatest(p.processed_to - p.before_day, 1)) AS late_share_day
FROM
(
    SELECT
        topic, `partition`,
        max(newest_event_at) AS newest_event,
        max(newest_message_at) AS newest_message,
        max(processed_at) AS processed_last,
        max(next_offset) AS processed_to,
        max(end_offset) AS end,
        max(complete_until) AS complete,
        -- Slots hold the offset behind their last message: the difference of two is what lies between.
        maxIf(next_offset, slot <= newest_slot - INTERVAL 1 HOUR) AS before_hour,
        maxIf(next_offset, slot <= newest_slot - INTERVAL 1 DAY) AS before_day
    FROM
    (
        SELECT *, max(slot) OVER (PARTITION BY topic, `partition`) AS newest_slot
        FROM progress FINAL
    )
    GROUP BY topic, `partition`
) AS p
LEFT JOIN
(
    SELECT
        d.topic AS topic, d.`partition` AS `partition`,
        countIf(kafka_timestamp >= newest_slot - INTERVAL 50 MINUTE) AS hour,
        countIf(kafka_timestamp >= newest_slot - INTERVAL 1430 MINUTE) AS day
    FROM (SELECT topic, `partition`, kafka_timestamp FROM dead_letters FINAL WHERE reason = 'too_late') AS d
    JOIN (SELECT topic, `partition`, max(slot) AS newest_slot FROM progress GROUP BY topic, `partition`) AS n
        ON n.topic = d.topic AND n.`partition` = d.`partition`
    GROUP BY topic, `partition`
) AS late USING (topic, `partition`)
COMMENT 'How fresh and how complete the data are, one row per topic and partition. 数据的新鲜度与完整度，每个主题的每个分区一行。';
