-- Each reading, judged: why it is no valid event (reason), the event time of its partition before it was read, and
-- whether it was in time.
-- called_late: it says that it was too late. One that the state knows already may be taken as in time.
-- late, missed: see verify/sql/events.sql. A late event is joined with all that the state still holds, so it is missed
-- only by users who have something older. Where topics were built anew, states know nothing of the former ones: that
-- matters to users of whom they bring something new.
SELECT
    *,
    false AS refused,
    false AS former,
    reason = '' AND occurred_at >= event_time - {allowed_lateness_days} * 86400000 AS in_time,
    reason = '' AND NOT in_time AND (found_late OR times_read = 1) AS called_late,
    reason = '' AND (NOT in_time OR news > 0) AS late,
    reason = '' AND
    (
        epoch < news
        OR NOT in_time AND oldest < event_time - ({lookback_days} + {allowed_lateness_days} + 1) * 86400000
    ) AS missed
FROM
(
    SELECT
        *,
        max(time_after) OVER
        (
            PARTITION BY epoch, `partition` ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS event_time,
        maxIf(first_epoch, reason = '') OVER (PARTITION BY brand_id, user_id) AS news
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
                ] AS log_end,
                row_number() OVER (PARTITION BY topic, identity, occurred_at ORDER BY seq) AS times_read,
                minIf(epoch, reason = '') OVER (PARTITION BY topic, identity, occurred_at) AS first_epoch,
                minIf(occurred_at, reason = '') OVER (PARTITION BY brand_id, user_id) AS oldest
            FROM expected_judged
            WINDOW
                so_far AS (PARTITION BY epoch, `partition` ORDER BY seq ROWS UNBOUNDED PRECEDING),
                whole AS (PARTITION BY epoch, `partition`)
        )
    )
) AS j
ANY LEFT JOIN live_facts AS f USING (topic, identity, occurred_at)
