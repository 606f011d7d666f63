-- What analysts read: each table as it stands, with duplicates and superseded rows already taken away. The setting
-- lets a query skip the comparison between months where the partition key is made of the sort key.
CREATE VIEW IF NOT EXISTS current_touches
(
    brand_id String COMMENT 'Advertiser that the note works for. 笔记所属的品牌（广告主）。',
    note_id String COMMENT 'Note on Xiaohongshu. 小红书笔记。',
    day Date COMMENT 'Day of occurred_at, Asia/Shanghai. occurred_at 所在的日期（北京时间）。',
    kind Enum8('view' = 1, 'save' = 2, 'unsave' = 3, 'click' = 4) COMMENT 'What happened: note viewed, saved, taken out of the saved notes, or its link to Taobao clicked; an unsave is a fact and not a touch. 行为：浏览、收藏、取消收藏、点击种草直达链接；取消收藏只作记录，不算触点。',
    user_id String COMMENT 'Account shared by Xiaohongshu and Taobao. 打通后的用户账号（小红书与淘宝一致）。',
    occurred_at DateTime64(3, 'Asia/Shanghai') COMMENT 'When it happened, to the millisecond, shown in Asia/Shanghai time. 发生时间，精确到毫秒，按北京时间显示。',
    click_id String COMMENT 'Identity of the click; empty for other kinds. 点击的唯一标识；其他行为为空。',
    item_id String COMMENT 'Taobao item that the clicked link leads to; empty for other kinds. 所点链接指向的淘宝商品；其他行为为空。',
    surface LowCardinality(String) COMMENT 'Where the note was viewed: EXPLORE, SEARCH, FOLLOWING, PROFILE or OTHER; empty unless a view. 浏览入口：发现、搜索、关注、个人主页或其他；非浏览为空。',
    promoted Bool COMMENT 'The view was paid for; false unless a view. 是否为付费推广带来的浏览；非浏览为 false。',
    dwell_ms Nullable(Int32) COMMENT 'How long the view lasted, in milliseconds; NULL when not known or not a view. 浏览时长，单位毫秒；未知或非浏览为 NULL。',
    placement LowCardinality(String) COMMENT 'Where the clicked link stood: NOTE or COMMENT; empty unless a click. 链接位置：笔记或评论；非点击为空。',
    too_late Bool COMMENT 'The event arrived after the allowed lateness: it takes part in no journey and no path. 超出允许的迟到时间：不参与任何旅程与路径。'
)
AS SELECT brand_id, note_id, day, kind, user_id, occurred_at, click_id, item_id, surface, promoted, dwell_ms, placement, too_late
FROM touches FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Views, saves, unsaves and link clicks, one row per event. 浏览、收藏、取消收藏与点击的明细，每个事件一行。';

CREATE VIEW IF NOT EXISTS current_order_events
(
    kind Enum8('PAY' = 1, 'REFUND' = 2) COMMENT 'Money paid or money returned. 付款或退款。',
    brand_id String COMMENT 'Advertiser that the item belongs to. 商品所属的品牌（广告主）。',
    shop_id String COMMENT 'Taobao shop. 淘宝店铺。',
    user_id String COMMENT 'Account shared by Xiaohongshu and Taobao. 打通后的用户账号（小红书与淘宝一致）。',
    order_id String COMMENT 'Order, which may have several sub-orders. 主订单，可含多个子订单。',
    sub_order_id String COMMENT 'Sub-order: one line of the order, with one item. 子订单：订单中的一行，对应一个商品。',
    txn_id String COMMENT 'Identity of this payment or refund. 该笔付款或退款的唯一标识。',
    item_id String COMMENT 'Taobao item. 淘宝商品。',
    quantity Int32 COMMENT 'Pieces of the item, a count. 商品件数。',
    amount_fen Int64 COMMENT 'Amount in fen (1/100 CNY), never negative: kind says which way it went. 金额，单位分（人民币），不为负；方向见 kind。',
    occurred_at DateTime64(3, 'Asia/Shanghai') COMMENT 'When it was paid or refunded, to the millisecond, shown in Asia/Shanghai time. 付款或退款时间，精确到毫秒，按北京时间显示。',
    click_id Nullable(String) COMMENT 'Link click that the order itself carries; NULL when it carries none. 订单自带的点击标识；没有则为 NULL。',
    too_late Bool COMMENT 'The event arrived after the allowed lateness: it takes part in no journey; its amount still counts. 超出允许的迟到时间：不参与任何旅程，但金额仍计入。'
)
AS SELECT kind, brand_id, shop_id, user_id, order_id, sub_order_id, txn_id, item_id, quantity, amount_fen, occurred_at, click_id, too_late
FROM order_events FINAL
COMMENT 'Payments and refunds of sub-orders, one row per transaction. 子订单的付款与退款明细，每笔一行。';

CREATE VIEW IF NOT EXISTS current_journeys
(
    brand_id String COMMENT 'Advertiser that the note works for. 笔记所属的品牌（广告主）。',
    entry_date Date COMMENT 'Day on which the user viewed the note, Asia/Shanghai. 用户浏览笔记的日期（北京时间）。',
    note_id String COMMENT 'Note on Xiaohongshu. 小红书笔记。',
    user_id String COMMENT 'Account shared by Xiaohongshu and Taobao. 打通后的用户账号（小红书与淘宝一致）。',
    entered_at DateTime64(3, 'Asia/Shanghai') COMMENT 'Earliest view of that day, Asia/Shanghai time, to the millisecond. 当日最早一次浏览的时间（北京时间，毫秒）。',
    saved_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'Earliest save of the note between entered_at and the end of the lookback days after entry_date, Asia/Shanghai time; NULL when none. 自 entered_at 起、回溯天数内最早的收藏时间（北京时间）；没有则为 NULL。',
    clicked_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'Earliest link click of the note in the same time, whether or not it was saved, Asia/Shanghai time; NULL when none. 同一时段内最早的链接点击时间，不论是否收藏（北京时间）；没有则为 NULL。',
    purchased_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'Earliest payment for the brand in the same time, whether or not the link was clicked, Asia/Shanghai time; NULL when none. 同一时段内该品牌最早的付款时间，不论是否点击（北京时间）；没有则为 NULL。',
    chain_clicked_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'Earliest link click at or after saved_at: third step of view, save, click, purchase in this order, Asia/Shanghai time; NULL when none. saved_at 当时或之后最早的点击：浏览、收藏、点击、购买顺序漏斗的第三步（北京时间）；没有则为 NULL。',
    chain_purchased_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'Earliest payment for the brand at or after chain_clicked_at: last step of the ordered funnel, Asia/Shanghai time; NULL when none. chain_clicked_at 当时或之后该品牌最早的付款：顺序漏斗的最后一步（北京时间）；没有则为 NULL。'
)
AS SELECT brand_id, entry_date, note_id, user_id, entered_at, saved_at, clicked_at, purchased_at, chain_clicked_at, chain_purchased_at
FROM journeys FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'How far each user went with each note, one row per brand, note, user and day of viewing. 用户与笔记的旅程，每个品牌、笔记、用户、浏览日一行。';

CREATE VIEW IF NOT EXISTS current_conversions
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
    path_incomplete Bool COMMENT 'A payment came too late for all touches still to be known. 付款到达过晚，部分触点可能已不在状态中。'
)
AS SELECT brand_id, sub_order_id, order_id, user_id, shop_id, item_id, quantity, click_id, paid_at, direct, lookback_days, `path.occurred_at`, `path.kind`, `path.note_id`, `path.item_id`, `path.click_id`, path_truncated, path_incomplete
FROM conversions FINAL
COMMENT 'Paid sub-orders with the touches before them, one row per sub-order; without amounts. 已付款子订单及其触点路径，每个子订单一行；不含金额。';

CREATE VIEW IF NOT EXISTS current_dead_letters
(
    topic LowCardinality(String) COMMENT 'Kafka topic that the message was read from. 消息所在的 Kafka 主题。',
    `partition` Int32 COMMENT 'Kafka partition, from 0. Kafka 分区，从 0 起。',
    `offset` Int64 COMMENT 'Offset of the message in its partition, from 0. 消息在分区内的位移，从 0 起。',
    reason LowCardinality(String) COMMENT 'Reason code: not_wire_format, unknown_schema, undecodable, invalid_field, from_the_future or too_late. 原因代码：不是约定的报文格式、未知的模式编号、无法解码、字段不合规、来自未来或太迟。',
    detail String COMMENT 'What was wrong, in words. 具体原因。',
    key Nullable(String) COMMENT 'Key of the message as raw bytes, often a user_id; NULL when it had none. 消息键的原始字节，通常为 user_id；没有则为 NULL。',
    payload Nullable(String) COMMENT 'Value of the message as raw bytes; NULL when it had none. 消息内容的原始字节；没有则为 NULL。',
    kafka_timestamp DateTime64(3, 'Asia/Shanghai') COMMENT 'Timestamp of the message in Kafka, to the millisecond, shown in Asia/Shanghai time. 消息在 Kafka 中的时间戳，精确到毫秒，按北京时间显示。'
)
AS SELECT topic, `partition`, `offset`, reason, detail, key, payload, kafka_timestamp
FROM dead_letters FINAL
COMMENT 'Messages that could not be used, with the reason, one row per message. 无法使用的消息及原因，每条消息一行。';
