-- What states hold of order lines, of some users. Kinds follow on those of touches.
SELECT
    user_id, brand_id, toUnixTimestamp64Milli(occurred_at) AS at, toInt8(kind) + 4 AS number, toString(platform) AS platform,
    sub_order_id, txn_id, order_id, shop_id, item_id, quantity, click_id, too_late
FROM order_events FINAL
WHERE {users} AND {read}
