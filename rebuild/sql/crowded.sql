-- Whose buckets may be crowded, of users of a part: how many events they have there. 30 days since 1970-01-01 UTC are a
-- bucket; those at the ends are counted whole.
SELECT
    brand_id,
    user_id,
    intDiv(at, 2592000000) AS bucket,
    countIf(touch) AS touches,
    count() - touches AS lines,
    uniqExactIf(sub_order, paid) AS sub_orders
FROM
(
    SELECT brand_id, user_id, toUnixTimestamp64Milli(occurred_at) AS at, kind != 'unsave' AS touch, ('', '') AS sub_order, false AS paid
    FROM touches FINAL
    WHERE {users} AND {touched}
    UNION ALL
    SELECT brand_id, user_id, toUnixTimestamp64Milli(occurred_at), false, (toString(platform), sub_order_id), kind = 'PAY'
    FROM order_events FINAL
    WHERE {users} AND {read}
)
GROUP BY brand_id, user_id, bucket
HAVING touches > {most_touches} OR lines > {most_touches} OR sub_orders > {most_sub_orders}
