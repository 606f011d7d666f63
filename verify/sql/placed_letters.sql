-- The live dead letters, each with why it is not compared: empty for those that are.
-- Where no message can ever have been, in a partition that is not there or behind the end, a dead letter is invented.
WITH read AS
(
    SELECT
        topic,
        `partition`,
        `offset`,
        fromUnixTimestamp64Milli(kafka_timestamp, 'Asia/Shanghai') AS kafka_timestamp,
        user_id
    FROM records
    WHERE (topic, `partition`, `offset`) IN (SELECT topic, `partition`, `offset` FROM copied_dead_letters)
)
SELECT
    c.*,
    multiIf(
        c.`offset` < s.start, 'expired',
        c.`offset` >= s.end AND c.`offset` < s.published, 'unread',
        epoch != {epoch}, 'former',
        (topic, `partition`, `offset`) IN
        (
            SELECT topic, `partition`, `offset`
            FROM read
            WHERE user_id IN (SELECT user_id FROM skipped)
        ), 'skipped',
        {sample} > 1 AND (topic, `partition`, `offset`) NOT IN (SELECT topic, `partition`, `offset` FROM read), 'sampled',
        reason = 'too_late', 'too_late',
        ''
    ) AS why
FROM
(
    -- What was written before letters told their epoch is of these topics if its message lies there.
    SELECT * REPLACE (
        if(
            epoch < {epoch} AND (topic, `partition`, `offset`, kafka_timestamp) IN
            (
                SELECT topic, `partition`, `offset`, kafka_timestamp
                FROM read
            ),
            {epoch},
            epoch
        ) AS epoch
    )
    FROM copied_dead_letters
    LIMIT 1 BY topic, `partition`, epoch, `offset`
) AS c
LEFT JOIN spans AS s USING (topic, `partition`)
WHERE {days}
