-- seen by: analyst, modeller
-- brand: brand_id
CREATE VIEW current_conversions
(
    brand_id String,
    sub_order_id String,
    order_id String,
    user_id String,
    shop_id String,
    item_id String,
    quantity Int32,
    click_id Nullable(String),
    paid_at DateTime64(3, 'Asia/Shanghai'),
    direct Bool,
    lookback_days UInt16,
    `path.occurred_at` Array(DateTime64(3, 'Asia/Shanghai')),
    `path.kind` Array({{ touch_kind }}),
    `path.note_id` Array(String),
    `path.item_id` Array(String),
    `path.click_id` Array(String),
    path_truncated Bool,
    path_incomplete Bool
)
AS SELECT brand_id, sub_order_id, order_id, user_id, shop_id, item_id, quantity, click_id, paid_at, direct, lookback_days, `path.occurred_at`, `path.kind`, `path.note_id`, `path.item_id`, `path.click_id`, path_truncated, path_incomplete,
    -- Servers from 25.5 to 25.8 ask for these when a query needs the lengths alone, and find nothing else of the name.
    length(`path.occurred_at`) AS `path.occurred_at.size0`,
    length(`path.kind`) AS `path.kind.size0`,
    length(`path.note_id`) AS `path.note_id.size0`,
    length(`path.item_id`) AS `path.item_id.size0`,
    length(`path.click_id`) AS `path.click_id.size0`
FROM conversions FINAL
COMMENT 'Paid sub-orders with the touches before them, one row per sub-order; without amounts. 已付款子订单及其触点路径，每个子订单一行；不含金额。';
