-- What must be a dead letter.
SELECT
    topic,
    `partition`,
    epoch,
    `offset`,
    any(d.reason) AS reason,
    any(d.key) AS key,
    any(d.payload) AS payload,
    fromUnixTimestamp64Milli(any(d.kafka_timestamp), 'Asia/Shanghai') AS kafka_timestamp
FROM expected_deliveries AS d
WHERE d.reason != ''
GROUP BY topic, `partition`, epoch, `offset`
