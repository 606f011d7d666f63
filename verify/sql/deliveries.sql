-- Each message, judged with what only the workers know: when they read it. They are believed where it can have been so.
-- refused: it lay too far ahead of a worker's clock. Delivered again in its time, such an event is taken all the same.
-- called_late: event time had passed it, by what lies before it in its own topic, and anywhere in the others. Of an order
-- line's other times than the least nothing is in the tables.
-- former: its fact was written before facts told when they were published.
-- late, missed: it may have come when states held no more of what it belongs to, and may be in no row itself.
SELECT
    * EXCEPT (reason),
    if(refused AND NOT taken, 'from_the_future', j.reason) AS reason,
    occurred_at < greatest(newest_before, newest) - {allowed_lateness_days} * 86400000 AS can_be_late,
    reason = '' AND can_be_late AND (found_late OR topic = 'taobao-purchases' AND NOT taken) AS called_late,
    taken AND found_published = 0 AS former,
    called_late OR former AS late,
    late AS missed
FROM
(
    SELECT *
    FROM
    (
        SELECT
            *,
            reason = '' AND occurred_at > least(kafka_timestamp, {now_ms})
                AND (topic, `partition`, `offset`, kafka_timestamp) IN
                (
                    SELECT topic, `partition`, `offset`, toUnixTimestamp64Milli(kafka_timestamp)
                    FROM copied_dead_letters
                    WHERE reason = 'from_the_future'
                ) AS refused
        FROM expected_judged
    ) AS m
    ANY LEFT JOIN live_facts AS f USING (topic, identity, occurred_at)
) AS j
ANY LEFT JOIN newest_elsewhere AS e USING (topic, `partition`)
