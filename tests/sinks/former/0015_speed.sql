-- A month of journeys to which nothing was added for an hour becomes one part: FINAL then has nothing left to compare.
ALTER TABLE journeys MODIFY SETTING min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

-- Numbers of orders grow with time, and so does paid_at along the sort key: a question about some days passes over the
-- others. ClickHouse reads again all other rows of the sub-orders that it finds, so FINAL still sees each of them.
ALTER TABLE conversions ADD INDEX IF NOT EXISTS paid_at_range paid_at TYPE minmax GRANULARITY 1;
ALTER TABLE conversions MATERIALIZE INDEX paid_at_range;

-- As before, but for ANY: amounts have one row to a sub-order, and a join that knows it does not copy the paths.
CREATE OR REPLACE VIEW conversions_with_amounts
(
    brand_id String COMMENT 'Advertiser that the item belongs to. 商品所属的品牌（广告主）。',
    sub_order_id String COMMENT 'Sub-order: one line of the order, with one item. 子订单：订单中的一行，对应一个商品。',
    order_id String COMMENT 'Order of the earliest payment. 最早一笔付款所属的主订单。',
    user_id String COMMENT 'Account shared by Xiaohongshu and Taobao. 打通后的用户账号（小红书与淘宝一致）。',
    shop_id String COMMENT 'Taobao shop of the earliest payment. 最早一笔付款的淘宝店铺。',
    item_id String COMMENT 'Taobao item of the earliest payment. 最早一笔付款的淘宝商品。',
    quantity Int32 COMMENT 'Pieces of the item in the earliest payment, a count. 最早一笔付款的商品件数。',
    click_id Nullable(String) COMMENT 'Link click that the earliest payment itself carries; NULL when it carries none. 最早一笔付款自带的点击标识；没有则为 NULL。',
    paid_at DateTime64(3, 'Asia/Shanghai') COMMENT 'Earliest payment, to the millisecond, shown in Asia/Shanghai time. 最早付款时间，精确到毫秒，按北京时间显示。',
    direct Bool COMMENT 'The path has a click on the item that was bought. 路径中点击过所购商品（订单商品），否则为非订单商品。',
    lookback_days UInt16 COMMENT 'How far back from paid_at the path reaches, in days of 24 hours, both ends included. 路径回溯天数，自 paid_at 起按 24 小时计，含首尾。',
    `path.occurred_at` Array(DateTime64(3, 'Asia/Shanghai')) COMMENT 'Times of the touches, in order, Asia/Shanghai time, to the millisecond; empty when nothing came before. 各触点的时间，按先后排序（北京时间，毫秒）；无触点则为空。',
    `path.kind` Array(Enum8('view' = 1, 'save' = 2, 'click' = 4)) COMMENT 'Kind of each touch; the numbers are those of touches.kind. 各触点的行为，编号与 touches.kind 一致。',
    `path.note_id` Array(String) COMMENT 'Note of each touch. 各触点的笔记。',
    `path.item_id` Array(String) COMMENT 'Taobao item of each click; empty for other kinds. 各点击指向的淘宝商品；其他行为为空。',
    `path.click_id` Array(String) COMMENT 'Identity of each click; empty for other kinds. 各点击的唯一标识；其他行为为空。',
    path_truncated Bool COMMENT 'There were more touches than a path keeps: the oldest were left out. 触点超过路径上限，最早的部分已略去。',
    path_incomplete Bool COMMENT 'A payment came too late for all touches still to be known. 付款到达过晚，部分触点可能已不在状态中。',
    gross_fen Int64 COMMENT 'Sum of the payments, in fen (1/100 CNY). 付款合计，单位分。',
    refunded_fen Int64 COMMENT 'Sum of the refunds, in fen (1/100 CNY). 退款合计，单位分。',
    net_fen Int64 COMMENT 'Money that stayed: gross_fen less refunded_fen, in fen (1/100 CNY). 净额：付款减退款，单位分。'
)
AS SELECT
    c.brand_id, c.sub_order_id, c.order_id, c.user_id, c.shop_id, c.item_id, c.quantity, c.click_id, c.paid_at, c.direct, c.lookback_days, c.`path.occurred_at`, c.`path.kind`, c.`path.note_id`, c.`path.item_id`, c.`path.click_id`, c.path_truncated, c.path_incomplete,
    o.gross_fen AS gross_fen, o.refunded_fen AS refunded_fen, o.net_fen AS net_fen
FROM current_conversions AS c
ANY LEFT JOIN sub_order_amounts AS o ON o.brand_id = c.brand_id AND o.sub_order_id = c.sub_order_id
COMMENT 'Paid sub-orders with the touches before them and their amounts, one row per sub-order. 已付款子订单及其触点路径与金额，每个子订单一行。';
