-- seen by: nobody
-- brand: none
CREATE VIEW current_dead_letters
(
    topic LowCardinality(String) COMMENT message,
    `partition` Int32,
    `offset` Int64,
    reason LowCardinality(String),
    detail String,
    key Nullable(String),
    payload Nullable(String),
    kafka_timestamp DateTime64(3, 'Asia/Shanghai')
)
AS SELECT topic, `partition`, `offset`, reason, detail, key, payload, kafka_timestamp
FROM dead_letters FINAL
COMMENT 'Messages that could not be used, with the reason, one row per message. 无法使用的消息及原因，每条消息一行。';
