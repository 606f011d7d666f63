-- What must be a dead letter.
SELECT
    topic,
    `partition`,
    {epoch} AS epoch,
    `offset`,
    if(refused, 'from_the_future', d.reason) AS reason,
    d.key AS key,
    d.payload AS payload,
    fromUnixTimestamp64Milli(d.kafka_timestamp, 'Asia/Shanghai') AS kafka_timestamp
FROM expected_deliveries AS d
WHERE d.reason != '' OR refused
