-- How many facts each brand has, of those that are read.
SELECT brand_id, sum(some) AS facts
FROM
(
    SELECT brand_id, count() AS some
    FROM touches
    WHERE {brand} AND {touched}
    GROUP BY brand_id
    UNION ALL
    SELECT brand_id, count()
    FROM order_events
    WHERE {brand} AND {read}
    GROUP BY brand_id
)
GROUP BY brand_id
ORDER BY brand_id
