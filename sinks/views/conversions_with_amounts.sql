-- ANY: amounts have one row to a sub-order, and a join that knows it does not copy the paths.
--
-- seen by: analyst, modeller
-- brand: brand_id
CREATE VIEW conversions_with_amounts
(
    brand_id String,
    platform LowCardinality(String),
    sub_order_id String,
    order_id String,
    user_id String,
    shop_id String,
    item_id String,
    quantity Int32,
    click_id Nullable(String),
    paid_at DateTime64(3, 'Asia/Shanghai'),
    newest_click_at Nullable(DateTime64(3, 'Asia/Shanghai')),
    newest_item_click_at Nullable(DateTime64(3, 'Asia/Shanghai')),
    lookback_days UInt16,
    `path.occurred_at` Array(DateTime64(3, 'Asia/Shanghai')),
    `path.kind` Array({{ touch_kind }}),
    `path.note_id` Array(String),
    `path.item_id` Array(String),
    `path.click_id` Array(String),
    `path.promoted` Array(Bool),
    `path.surface` Array(LowCardinality(String)),
    `path.evidence` Array({{ evidence }}),
    path_truncated Bool,
    path_incomplete Bool,
    gross_fen Int64,
    refunded_fen Int64,
    net_fen Int64 COMMENT stayed
)
AS SELECT
    c.brand_id AS brand_id, c.platform AS platform, c.sub_order_id AS sub_order_id, c.order_id AS order_id, c.user_id AS user_id, c.shop_id AS shop_id,
    c.item_id AS item_id, c.quantity AS quantity, c.click_id AS click_id, c.paid_at AS paid_at, c.newest_click_at AS newest_click_at,
    c.newest_item_click_at AS newest_item_click_at, c.lookback_days AS lookback_days, c.`path.occurred_at` AS `path.occurred_at`,
    c.`path.kind` AS `path.kind`, c.`path.note_id` AS `path.note_id`, c.`path.item_id` AS `path.item_id`, c.`path.click_id` AS `path.click_id`,
    c.`path.promoted` AS `path.promoted`, c.`path.surface` AS `path.surface`, c.`path.evidence` AS `path.evidence`, c.path_truncated AS path_truncated,
    c.path_incomplete AS path_incomplete,
    ifNull(o.gross_fen, 0) AS gross_fen, ifNull(o.refunded_fen, 0) AS refunded_fen, ifNull(o.net_fen, 0) AS net_fen,
    -- Servers from 25.5 to 25.8 ask for these when a query needs the lengths alone, and find nothing else of the name.
    length(c.`path.occurred_at`) AS `path.occurred_at.size0`,
    length(c.`path.kind`) AS `path.kind.size0`,
    length(c.`path.note_id`) AS `path.note_id.size0`,
    length(c.`path.item_id`) AS `path.item_id.size0`,
    length(c.`path.click_id`) AS `path.click_id.size0`,
    length(c.`path.promoted`) AS `path.promoted.size0`,
    length(c.`path.surface`) AS `path.surface.size0`,
    length(c.`path.evidence`) AS `path.evidence.size0`
FROM current_conversions AS c
ANY LEFT JOIN sub_order_amounts AS o ON o.brand_id = c.brand_id AND o.platform = c.platform AND o.sub_order_id = c.sub_order_id
COMMENT 'Paid sub-orders with the touches before them and their amounts, one row per sub-order. 已付款子订单及其触点路径与金额，每个子订单一行。';
