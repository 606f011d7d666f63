-- Where messages expired before they were read: the newest event that was read soon after them.
SELECT newest_event_at AS behind
FROM {table} FINAL
WHERE expired_unread > 0 AND newest_event_at IS NOT NULL
