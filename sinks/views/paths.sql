-- seen by: analyst
-- brand: as what it reads
CREATE VIEW paths
(
    brand_id String COMMENT items,
    steps String,
    sub_orders UInt64 COMMENT 'Paid sub-orders with these steps before them. 经此路径成交的子订单数。',
    touches_p50 Float64,
    hours_from_first_p50 Nullable(Float64) COMMENT 'Hours from the first touch to the payment, median; NULL without touches. 首个触点到付款小时数的中位数；无触点则为 NULL。',
    hours_from_first_p90 Nullable(Float64),
    hours_from_last_p50 Nullable(Float64) COMMENT 'Hours from the last touch to the payment, median; NULL without touches. 末个触点到付款小时数的中位数；无触点则为 NULL。',
    hours_from_last_p90 Nullable(Float64),
    gross_fen Int64,
    refunded_fen Int64,
    net_fen Int64
)
SQL SECURITY INVOKER
AS SELECT
    brand_id, steps,
    count() AS sub_orders,
    quantileExactInclusive(0.5)(o.touches) AS touches_p50,
    quantileExactInclusive(0.5)(hours_from_first) AS hours_from_first_p50,
    quantileExactInclusive(0.9)(hours_from_first) AS hours_from_first_p90,
    quantileExactInclusive(0.5)(hours_from_last) AS hours_from_last_p50,
    quantileExactInclusive(0.9)(hours_from_last) AS hours_from_last_p90,
    sum(o.gross_fen) AS gross_fen,
    sum(o.refunded_fen) AS refunded_fen,
    sum(o.net_fen) AS net_fen
FROM order_paths(lookback_days = {lookback_days:UInt16}) AS o
GROUP BY brand_id, steps
COMMENT 'Common paths to a purchase, one row per brand and sequence of steps. 常见成交路径，每个品牌、每种行为序列一行。';
