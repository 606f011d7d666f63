-- What must be a dead letter, and of what may be one, what is: a late delivery of an event that was accepted before
-- and that the state need not hold any more is recognised or not, depending on when the state forgets.
SELECT
    topic,
    `partition`,
    `offset`,
    any(if(d.reason = '', 'too_late', d.reason)) AS reason,
    any(d.key) AS key,
    any(d.payload) AS payload,
    fromUnixTimestamp64Milli(any(d.kafka_timestamp), 'Asia/Shanghai') AS kafka_timestamp
FROM expected_deliveries AS d
WHERE NOT in_time AND
(
    d.reason != ''
    OR NOT accepted_before
    OR
    (
        d.occurred_at < event_time - ({lookback_days} + {allowed_lateness_days} + 1) * 86400000
        AND (topic, `partition`, `offset`) IN (SELECT topic, `partition`, `offset` FROM live_dead_letters)
    )
)
GROUP BY topic, `partition`, `offset`
