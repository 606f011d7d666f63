-- seen by: analyst
-- brand: as what it reads
CREATE VIEW direct_and_halo
(
    brand_id String COMMENT items,
    paid_date Date,
    via {{ via }} COMMENT 'direct: the link of the item that was bought had been clicked; halo: touched, and something else of the brand was bought; organic: no touch; unknown: the user is crowded, which no person is, and has no paths. direct 为点击过所购商品的链接（订单商品），halo 为有触点但购买了该品牌其他商品（非订单商品），organic 为无触点（自然成交），unknown 为触点或订单多到不可能属于一个人的用户，不保留路径。',
    sub_orders UInt64 COMMENT 'Paid sub-orders. 已付款子订单数。',
    gross_fen Int64,
    refunded_fen Int64,
    net_fen Int64
)
SQL SECURITY INVOKER
AS SELECT
    brand_id,
    toDate(paid_at) AS paid_date,
    via,
    count() AS sub_orders,
    sum(o.gross_fen) AS gross_fen,
    sum(o.refunded_fen) AS refunded_fen,
    sum(o.net_fen) AS net_fen
FROM order_paths(lookback_days = {lookback_days:UInt16}) AS o
GROUP BY brand_id, paid_date, via
COMMENT 'Orders by what brought them: the link of the item itself, another touch, or none; they add up to all orders. One row per brand, day and way. 按成交方式（订单商品、非订单商品、自然成交）汇总，合计等于全部订单；每个品牌、日期、方式一行。';
