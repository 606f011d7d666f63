-- Is there anything of the brand?
SELECT brand_id
FROM touches
WHERE {brand}
LIMIT 1
UNION ALL
SELECT brand_id
FROM order_events
WHERE {brand}
LIMIT 1
