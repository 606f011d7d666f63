-- What journeys need of crowded buckets: of views the first of a note and day.
SELECT brand_id, user_id, toUnixTimestamp64Milli(min(occurred_at)) AS at, toInt8(1) AS number, note_id
FROM touches
WHERE {users} AND {touched} AND kind = 'view' AND {crowd}
GROUP BY brand_id, user_id, note_id, day
UNION ALL
SELECT DISTINCT brand_id, user_id, toUnixTimestamp64Milli(occurred_at), toInt8(kind), note_id
FROM touches
WHERE {users} AND {touched} AND kind IN ('save', 'click') AND {crowd}
UNION ALL
SELECT DISTINCT brand_id, user_id, toUnixTimestamp64Milli(occurred_at), toInt8(5), ''
FROM order_events FINAL
WHERE {users} AND {read} AND kind = 'PAY' AND {crowd}
