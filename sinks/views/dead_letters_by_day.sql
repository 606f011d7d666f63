-- How many messages could not be used: counts alone, which everybody may see. The hash stands for key and payload, which
-- are for nobody's eyes.
--
-- seen by: analyst
-- brand: none
CREATE VIEW dead_letters_by_day
(
    topic LowCardinality(String) COMMENT 'Kafka topic that the messages were read from. 消息所在的 Kafka 主题。',
    day Date COMMENT 'Day of their timestamps in Kafka, of several the first, Asia/Shanghai. 消息在 Kafka 中的时间戳（有多个时取最早）所在日期（北京时间）。',
    reason LowCardinality(String),
    messages UInt64
)
AS SELECT topic, day, reason, count() AS messages
FROM
(
    SELECT topic, reason, toDate(min(kafka_timestamp)) AS day
    FROM dead_letters
    GROUP BY topic, reason, message_hash
)
GROUP BY topic, day, reason
COMMENT 'Messages that could not be used, counted by topic, day and reason. 无法使用的消息数，按主题、日期与原因汇总。';
