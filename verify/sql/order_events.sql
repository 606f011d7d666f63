SELECT
    any(kind) AS kind,
    any(brand_id) AS brand_id,
    any(shop_id) AS shop_id,
    any(user_id) AS user_id,
    any(order_id) AS order_id,
    any(sub_order_id) AS sub_order_id,
    txn_id,
    any(item_id) AS item_id,
    any(quantity) AS quantity,
    any(amount_fen) AS amount_fen,
    fromUnixTimestamp64Milli(any(d.occurred_at), 'Asia/Shanghai') AS occurred_at,
    any(click_id) AS click_id,
    max(in_time) = 0 AS too_late
FROM expected_deliveries AS d
WHERE reason = '' AND topic = 'taobao-purchases'
GROUP BY txn_id
