-- Each message, judged with what only the workers know: when they read it. They are believed where it can have been so.
-- refused: it lay too far ahead of a worker's clock. Delivered again in its time, such an event is taken all the same.
-- called_late: event time had passed it, by what lies before it in its own topic, and anywhere in the others.
SELECT
    j.* EXCEPT (reason),
    if(refused AND NOT taken, 'from_the_future', j.reason) AS reason,
    reason = '' AND found_late AND j.occurred_at < greatest(j.newest_before, e.newest) - {allowed_lateness_days} * 86400000
        AS called_late,
    reason = '' AND NOT called_late AS in_time
FROM
(
    SELECT
        *,
        reason = '' AND occurred_at > least(kafka_timestamp, {now_ms}) AND (topic, `partition`, `offset`) IN
        (
            SELECT topic, `partition`, `offset`
            FROM copied_dead_letters
            WHERE reason = 'from_the_future'
        ) AS refused,
        (topic, identity) IN
        (
            SELECT topic, identity
            FROM copied_facts
            WHERE (topic, identity) IN
            (
                SELECT topic, identity
                FROM expected_judged
                WHERE (topic, `partition`, `offset`) IN
                (
                    SELECT topic, `partition`, `offset`
                    FROM copied_dead_letters
                    WHERE reason = 'from_the_future'
                )
            )
        ) AS taken,
        (topic, identity) IN (SELECT topic, identity FROM copied_facts WHERE too_late) AS found_late
    FROM expected_judged
) AS j
LEFT JOIN newest_elsewhere AS e USING (topic, `partition`)
