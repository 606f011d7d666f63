-- Is there any such fact?
SELECT brand_id
FROM touches
WHERE {touched}
LIMIT 1
UNION ALL
SELECT brand_id
FROM order_events
WHERE {read}
LIMIT 1
