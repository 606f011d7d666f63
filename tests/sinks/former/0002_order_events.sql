-- What happened to an order line, one row per transaction. No partition: no time is in the sort key, and rows of
-- one transaction in two partitions would never be merged.
CREATE TABLE IF NOT EXISTS order_events
(
    kind Enum8('PAY' = 1, 'REFUND' = 2) COMMENT 'Money paid or money returned. 付款或退款。',
    brand_id String COMMENT 'Advertiser that the item belongs to. 商品所属的品牌（广告主）。' CODEC(ZSTD(1)),
    shop_id String COMMENT 'Taobao shop. 淘宝店铺。' CODEC(ZSTD(1)),
    user_id String COMMENT 'Account shared by Xiaohongshu and Taobao. 打通后的用户账号（小红书与淘宝一致）。' CODEC(ZSTD(1)),
    order_id String COMMENT 'Order, which may have several sub-orders. 主订单，可含多个子订单。' CODEC(ZSTD(1)),
    sub_order_id String COMMENT 'Sub-order: one line of the order, with one item. 子订单：订单中的一行，对应一个商品。' CODEC(ZSTD(1)),
    txn_id String COMMENT 'Identity of this payment or refund. 该笔付款或退款的唯一标识。' CODEC(ZSTD(1)),
    item_id String COMMENT 'Taobao item. 淘宝商品。' CODEC(ZSTD(1)),
    quantity Int32 COMMENT 'Pieces of the item, a count. 商品件数。',
    amount_fen Int64 COMMENT 'Amount in fen (1/100 CNY), never negative: kind says which way it went. 金额，单位分（人民币），不为负；方向见 kind。' CODEC(ZSTD(1)),
    occurred_at DateTime64(3, 'Asia/Shanghai') COMMENT 'When it was paid or refunded, to the millisecond, shown in Asia/Shanghai time. 付款或退款时间，精确到毫秒，按北京时间显示。' CODEC(Delta, ZSTD(1)),
    click_id Nullable(String) COMMENT 'Link click that the order itself carries; NULL when it carries none. 订单自带的点击标识；没有则为 NULL。' CODEC(ZSTD(1)),
    in_time UInt8 COMMENT '1 when the event arrived within the allowed lateness, else 0; rows of one event are replaced by the greatest. 在允许的迟到时间内到达为 1，否则为 0；同一事件保留数值最大的一行。',
    too_late Bool ALIAS in_time = 0 COMMENT 'The event arrived after the allowed lateness: it takes part in no journey; its amount still counts. 超出允许的迟到时间：不参与任何旅程，但金额仍计入。'
)
ENGINE = ReplacingMergeTree(in_time)
ORDER BY (brand_id, sub_order_id, txn_id)
COMMENT 'Payments and refunds of sub-orders, one row per transaction once merged: read current_order_events. 子订单的付款与退款明细，合并后每笔一行：请查询 current_order_events。';
