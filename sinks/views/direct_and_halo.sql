-- seen by: analyst
-- brand: as what it reads
CREATE VIEW direct_and_halo
(
    brand_id String COMMENT items,
    paid_date Date,
    via {{ via }},
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
COMMENT 'Orders by how they came: direct, click_halo, view_through, organic or unknown; they add up to all orders. One row per brand, day and way. 按成交方式（direct、click_halo、view_through、organic、unknown）汇总，合计等于全部订单；每个品牌、日期、方式一行。';
