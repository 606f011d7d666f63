-- The newest event of each topic, ms.
SELECT multiIf(kind = 'view', 'note-views', kind = 'click', 'link-clicks', 'note-saves') AS topic, toUnixTimestamp64Milli(max(occurred_at)) AS at
FROM touches
GROUP BY topic
UNION ALL
SELECT 'taobao-purchases', toUnixTimestamp64Milli(maxOrNull(occurred_at))
FROM order_events
