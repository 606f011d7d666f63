-- Messages that could not be used. No partition: no time is in the sort key.
CREATE TABLE IF NOT EXISTS dead_letters
(
    topic LowCardinality(String) COMMENT 'Kafka topic that the message was read from. 消息所在的 Kafka 主题。',
    `partition` Int32 COMMENT 'Kafka partition, from 0. Kafka 分区，从 0 起。',
    `offset` Int64 COMMENT 'Offset of the message in its partition, from 0. 消息在分区内的位移，从 0 起。' CODEC(Delta, ZSTD(1)),
    reason LowCardinality(String) COMMENT 'Reason code: not_wire_format, unknown_schema, undecodable, invalid_field, from_the_future or too_late. 原因代码：不是约定的报文格式、未知的模式编号、无法解码、字段不合规、来自未来或太迟。',
    detail String COMMENT 'What was wrong, in words. 具体原因。' CODEC(ZSTD(1)),
    key Nullable(String) COMMENT 'Key of the message as raw bytes, often a user_id; NULL when it had none. 消息键的原始字节，通常为 user_id；没有则为 NULL。' CODEC(ZSTD(1)),
    payload Nullable(String) COMMENT 'Value of the message as raw bytes; NULL when it had none. 消息内容的原始字节；没有则为 NULL。' CODEC(ZSTD(1)),
    kafka_timestamp DateTime64(3, 'Asia/Shanghai') COMMENT 'Timestamp of the message in Kafka, to the millisecond, shown in Asia/Shanghai time. 消息在 Kafka 中的时间戳，精确到毫秒，按北京时间显示。' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (topic, `partition`, `offset`)
COMMENT 'Messages that could not be used, with the reason, one row per message once merged: read current_dead_letters. 无法使用的消息及原因，合并后每条消息一行：请查询 current_dead_letters。';
