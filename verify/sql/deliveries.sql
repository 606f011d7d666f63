-- Each message, judged: whether the workers called it too late, and if not, that it was in time.
SELECT
    *,
    reason = '' AND (topic, `partition`, `offset`) IN
    (
        SELECT topic, `partition`, `offset`
        FROM copied_dead_letters
        WHERE reason = 'too_late'
    ) AS called_late,
    reason = '' AND NOT called_late AS in_time
FROM expected_judged
