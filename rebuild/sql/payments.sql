-- Payments of users of a part, those in crowded buckets or all others.
SELECT
    brand_id, user_id, toUnixTimestamp64Milli(occurred_at) AS at, toString(platform) AS of, sub_order_id, txn_id,
    order_id, shop_id, item_id, quantity, click_id
FROM order_events FINAL
WHERE {users} AND {read} AND kind = 'PAY' AND {crowd} AND {some}
ORDER BY brand_id, user_id, at, txn_id
