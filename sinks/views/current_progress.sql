CREATE OR REPLACE VIEW current_progress
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
