-- The newest event that was read of each partition, ms.
SELECT topic, `partition`, toUnixTimestamp64Milli(max(newest_event_at)) AS at
FROM progress
WHERE epoch = {epoch}
GROUP BY topic, `partition`
