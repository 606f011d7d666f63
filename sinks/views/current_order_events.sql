-- seen by: analyst
-- brand: brand_id
CREATE VIEW current_order_events
(
    kind {{ order_kind }} COMMENT order,
    brand_id String,
    platform LowCardinality(String),
    shop_id String COMMENT order,
    user_id String,
    order_id String COMMENT order,
    sub_order_id String,
    txn_id String,
    item_id String COMMENT order,
    quantity Int32 COMMENT order,
    amount_fen Int64,
    occurred_at DateTime64(3, 'Asia/Shanghai') COMMENT order,
    click_id Nullable(String) COMMENT order,
    too_late Bool COMMENT order,
    published_at DateTime64(3, 'Asia/Shanghai')
)
AS SELECT kind, brand_id, platform, shop_id, user_id, order_id, sub_order_id, txn_id, item_id, quantity, amount_fen, occurred_at, click_id, too_late, published_at
FROM order_events FINAL
COMMENT 'Payments and refunds of sub-orders, one row per transaction. 子订单的付款与退款明细，每笔一行。';
