-- What must be a dead letter. A message may be called too late if its partition can have reached such an event time:
-- by what lies before it in its own topic, and anywhere in the others.
SELECT
    topic,
    `partition`,
    `offset`,
    if(d.reason = '', 'too_late', d.reason) AS reason,
    d.key AS key,
    d.payload AS payload,
    fromUnixTimestamp64Milli(d.kafka_timestamp, 'Asia/Shanghai') AS kafka_timestamp
FROM expected_deliveries AS d
LEFT JOIN newest_elsewhere AS e USING (topic, `partition`)
WHERE
    d.reason != ''
    OR (d.called_late AND d.occurred_at < greatest(d.newest_before, e.newest) - {allowed_lateness_days} * 86400000)
