-- Users and brands with facts that came too late.
SELECT brand_id, user_id
FROM touches
WHERE {brand} AND {touches_meant} AND {late}
UNION DISTINCT
SELECT brand_id, user_id
FROM order_events
WHERE {brand} AND {meant} AND {late}
