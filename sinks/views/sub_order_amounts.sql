-- Amounts are summed from the transactions when asked, so that a balance or a refund counts whenever it comes.
CREATE OR REPLACE VIEW sub_order_amounts
(
    brand_id String COMMENT 'Advertiser that the item belongs to. 商品所属的品牌（广告主）。',
    sub_order_id String COMMENT 'Sub-order: one line of the order, with one item. 子订单：订单中的一行，对应一个商品。',
    paid_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'Earliest payment, to the millisecond, Asia/Shanghai time; NULL when only refunds are known. 最早付款时间（北京时间，毫秒）；仅有退款记录时为 NULL。',
    gross_fen Int64 COMMENT 'Sum of the payments, in fen (1/100 CNY). 付款合计，单位分。',
    refunded_fen Int64 COMMENT 'Sum of the refunds, in fen (1/100 CNY). 退款合计，单位分。',
    net_fen Int64 COMMENT 'Money that stayed: gross_fen less refunded_fen, in fen (1/100 CNY). 净额：付款减退款，单位分。'
)
AS SELECT
    brand_id,
    sub_order_id,
    minOrNullIf(occurred_at, kind = 'PAY') AS paid_at,
    sumIf(amount_fen, kind = 'PAY') AS gross_fen,
    sumIf(amount_fen, kind = 'REFUND') AS refunded_fen,
    gross_fen - refunded_fen AS net_fen
FROM order_events FINAL
GROUP BY brand_id, sub_order_id
COMMENT 'What each sub-order brought in and gave back, one row per sub-order. 各子订单的付款、退款与净额，每个子订单一行。';
