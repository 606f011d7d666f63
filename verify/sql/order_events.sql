-- The least time of each stands.
SELECT
    kind,
    brand_id,
    platform,
    shop_id,
    user_id,
    order_id,
    sub_order_id,
    txn_id,
    item_id,
    quantity,
    amount_fen,
    occurred_at,
    click_id,
    too_late,
    published_at
FROM {events}
WHERE topic = 'taobao-purchases'
ORDER BY occurred_at
LIMIT 1 BY identity
