-- Each reading, judged: why it is no valid event (reason), the event time of its partition before it was read,
-- whether it was in time, and whether an earlier delivery of the same event was.
SELECT
    *,
    reason = '' AND occurred_at >= event_time - {allowed_lateness_days} * 86400000 AS in_time,
    max(in_time) OVER (PARTITION BY topic, identity ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
        AS accepted_before
FROM
(
    SELECT
        *,
        max(time_after) OVER (PARTITION BY `partition` ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
            AS event_time
    FROM
    (
        -- Event time before it is kept from going back: over the topics that still have unread records. What a
        -- crash makes us read again is not unread.
        SELECT
            *,
            arrayFilter((time, next, end) -> next < end, newest, read_to, log_end) AS newest_of_unread,
            if(empty(newest_of_unread), arrayMax(newest), arrayMin(newest_of_unread)) AS time_after
        FROM
        (
            SELECT
                *,
                [
                    maxIf(occurred_at, topic = 'note-views' AND reason = '') OVER so_far,
                    maxIf(occurred_at, topic = 'note-saves' AND reason = '') OVER so_far,
                    maxIf(occurred_at, topic = 'link-clicks' AND reason = '') OVER so_far,
                    maxIf(occurred_at, topic = 'taobao-purchases' AND reason = '') OVER so_far
                ] AS newest,
                [
                    maxIf(`offset` + 1, topic = 'note-views') OVER so_far,
                    maxIf(`offset` + 1, topic = 'note-saves') OVER so_far,
                    maxIf(`offset` + 1, topic = 'link-clicks') OVER so_far,
                    maxIf(`offset` + 1, topic = 'taobao-purchases') OVER so_far
                ] AS read_to,
                [
                    maxIf(`offset` + 1, topic = 'note-views') OVER whole,
                    maxIf(`offset` + 1, topic = 'note-saves') OVER whole,
                    maxIf(`offset` + 1, topic = 'link-clicks') OVER whole,
                    maxIf(`offset` + 1, topic = 'taobao-purchases') OVER whole
                ] AS log_end
            FROM expected_judged
            WINDOW
                so_far AS (PARTITION BY `partition` ORDER BY seq ROWS UNBOUNDED PRECEDING),
                whole AS (PARTITION BY `partition`)
        )
    )
)
