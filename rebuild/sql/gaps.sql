-- Between which times touches are missing, since they had expired before they were read, ms.
SELECT DISTINCT ifNull(toUnixTimestamp64Milli(before), 0) AS first, toUnixTimestamp64Milli(newest_event_at) AS behind
FROM
(
    SELECT
        expired_unread,
        newest_event_at,
        max(newest_event_at) OVER
        (
            PARTITION BY topic, `partition`, epoch
            ORDER BY next_offset ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS before
    FROM progress FINAL
    WHERE topic != 'taobao-purchases'
)
WHERE expired_unread > 0 AND newest_event_at IS NOT NULL
ORDER BY first
