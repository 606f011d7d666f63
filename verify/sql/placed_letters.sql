-- The live dead letters, each with why it is not compared: empty for those that are.
-- Where no message can ever have been, in a partition that is not there or behind the end, a dead letter is invented.
SELECT
    c.*,
    multiIf(
        c.`offset` < s.start, 'expired',
        c.`offset` >= s.end AND c.`offset` < s.published, 'unread',
        {former} AND (topic, `partition`, `offset`, kafka_timestamp) NOT IN
        (
            SELECT topic, `partition`, `offset`, fromUnixTimestamp64Milli(kafka_timestamp, 'Asia/Shanghai')
            FROM records
            WHERE (topic, `partition`, `offset`) IN (SELECT topic, `partition`, `offset` FROM copied_dead_letters)
        ), 'former',
        (topic, `partition`, `offset`) IN
        (
            SELECT topic, `partition`, `offset`
            FROM records
            WHERE user_id IN (SELECT user_id FROM skipped)
        ), 'skipped',
        {sample} > 1 AND (topic, `partition`, `offset`) NOT IN
        (
            SELECT topic, `partition`, `offset`
            FROM records
            WHERE (topic, `partition`, `offset`) IN (SELECT topic, `partition`, `offset` FROM copied_dead_letters)
        ), 'sampled',
        reason = 'too_late', 'too_late',
        ''
    ) AS why
FROM copied_dead_letters AS c
LEFT JOIN spans AS s USING (topic, `partition`)
WHERE {days}
