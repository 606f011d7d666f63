-- Amounts are summed from the transactions when asked, so that a balance or a refund counts whenever it comes.
--
-- seen by: analyst
-- brand: brand_id
CREATE VIEW sub_order_amounts
(
    brand_id String,
    platform LowCardinality(String),
    sub_order_id String,
    paid_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'Earliest payment, to the millisecond, Asia/Shanghai time; NULL when only refunds are known. 最早付款时间（北京时间，毫秒）；仅有退款记录时为 NULL。',
    gross_fen Int64,
    refunded_fen Int64,
    net_fen Int64 COMMENT stayed
)
AS SELECT
    brand_id,
    platform,
    sub_order_id,
    minOrNullIf(occurred_at, kind = 'PAY') AS paid_at,
    sum(if(kind = 'PAY', amount_fen, 0)) AS gross_fen,
    sum(if(kind = 'REFUND', amount_fen, 0)) AS refunded_fen,
    gross_fen - refunded_fen AS net_fen
FROM order_events FINAL
GROUP BY brand_id, platform, sub_order_id
COMMENT 'What each sub-order brought in and gave back, one row per sub-order. 各子订单的付款、退款与净额，每个子订单一行。';
