-- A message that is read again in topics that were made anew, or that was loaded again, is one row.
--
-- seen by: nobody
-- brand: none
CREATE VIEW current_dead_letters
(
    topic LowCardinality(String) COMMENT message,
    `partition` Int32 COMMENT last,
    epoch UInt16,
    `offset` Int64 COMMENT last,
    reason LowCardinality(String),
    detail String,
    key Nullable(String),
    payload Nullable(String),
    kafka_timestamp DateTime64(3, 'Asia/Shanghai') COMMENT last,
    times UInt64
)
AS SELECT
    topic,
    last.3 AS `partition`,
    last.1 AS epoch,
    last.4 AS `offset`,
    reason,
    last.5 AS detail,
    key,
    payload,
    last.2 AS kafka_timestamp,
    times
FROM
(
    SELECT
        topic, key, payload, reason,
        max((d.epoch, d.kafka_timestamp, d.`partition`, d.`offset`, d.detail)) AS last,
        count() AS times
    FROM dead_letters AS d FINAL
    GROUP BY topic, key, payload, reason
)
COMMENT 'Messages that could not be used, with the reason, one row per topic, key, payload and reason, with the place where it stood last. 无法使用的消息及原因，主题、键、内容与原因相同的为一行，附最后一次出现的位置。';
