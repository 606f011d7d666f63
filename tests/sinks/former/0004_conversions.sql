-- What came before each sub-order that was paid, one row per sub-order. A correction is a whole new row with a
-- greater version. No partition: paid_at may move when an earlier payment arrives late, and rows of one sub-order in
-- two partitions would never be merged. The path.… arrays are one Nested: element i of each describes touch i.
CREATE TABLE IF NOT EXISTS conversions
(
    brand_id String COMMENT 'Advertiser that the item belongs to. 商品所属的品牌（广告主）。' CODEC(ZSTD(1)),
    sub_order_id String COMMENT 'Sub-order: one line of the order, with one item. 子订单：订单中的一行，对应一个商品。' CODEC(ZSTD(1)),
    order_id String COMMENT 'Order of the earliest payment. 最早一笔付款所属的主订单。' CODEC(ZSTD(1)),
    user_id String COMMENT 'Account shared by Xiaohongshu and Taobao. 打通后的用户账号（小红书与淘宝一致）。' CODEC(ZSTD(1)),
    shop_id String COMMENT 'Taobao shop of the earliest payment. 最早一笔付款的淘宝店铺。' CODEC(ZSTD(1)),
    item_id String COMMENT 'Taobao item of the earliest payment. 最早一笔付款的淘宝商品。' CODEC(ZSTD(1)),
    quantity Int32 COMMENT 'Pieces of the item in the earliest payment, a count. 最早一笔付款的商品件数。',
    click_id Nullable(String) COMMENT 'Link click that the earliest payment itself carries; NULL when it carries none. 最早一笔付款自带的点击标识；没有则为 NULL。' CODEC(ZSTD(1)),
    paid_at DateTime64(3, 'Asia/Shanghai') COMMENT 'Earliest payment, to the millisecond, shown in Asia/Shanghai time. 最早付款时间，精确到毫秒，按北京时间显示。' CODEC(ZSTD(1)),
    direct Bool COMMENT 'The path has a click on the item that was bought. 路径中点击过所购商品（订单商品），否则为非订单商品。',
    lookback_days UInt16 COMMENT 'How far back from paid_at the path reaches, in days of 24 hours, both ends included. 路径回溯天数，自 paid_at 起按 24 小时计，含首尾。',
    `path.occurred_at` Array(DateTime64(3, 'Asia/Shanghai')) COMMENT 'Times of the touches, in order, Asia/Shanghai time, to the millisecond; empty when nothing came before. 各触点的时间，按先后排序（北京时间，毫秒）；无触点则为空。' CODEC(Delta, ZSTD(1)),
    `path.kind` Array(Enum8('view' = 1, 'save' = 2, 'click' = 4)) COMMENT 'Kind of each touch; the numbers are those of touches.kind. 各触点的行为，编号与 touches.kind 一致。' CODEC(ZSTD(1)),
    `path.note_id` Array(String) COMMENT 'Note of each touch. 各触点的笔记。' CODEC(ZSTD(1)),
    `path.item_id` Array(String) COMMENT 'Taobao item of each click; empty for other kinds. 各点击指向的淘宝商品；其他行为为空。' CODEC(ZSTD(1)),
    `path.click_id` Array(String) COMMENT 'Identity of each click; empty for other kinds. 各点击的唯一标识；其他行为为空。' CODEC(ZSTD(1)),
    path_truncated Bool COMMENT 'There were more touches than a path keeps: the oldest were left out. 触点超过路径上限，最早的部分已略去。',
    path_incomplete Bool COMMENT 'A payment came too late for all touches still to be known. 付款到达过晚，部分触点可能已不在状态中。',
    version UInt128 COMMENT 'Grows with the events that the row was computed from: the greatest of a sub-order stands. No unit. 版本号，随参与计算的事件增长，同一子订单保留最大者；无单位。' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (brand_id, sub_order_id)
COMMENT 'Paid sub-orders with the touches before them, one row per sub-order once merged: read current_conversions. 已付款子订单及其触点路径，合并后每个子订单一行：请查询 current_conversions。';
