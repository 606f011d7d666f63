-- How many messages could not be used: counts alone, which everybody may see.
CREATE OR REPLACE VIEW dead_letters_by_day
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
