-- What a user did with a note, one row per event. The version column is in_time, so that an event that was
-- delivered in time stands against a too late second delivery of itself, whichever of the two was inserted first.
-- The partition key is made of the sort key, so FINAL may work on each month alone.
CREATE TABLE IF NOT EXISTS touches
(
    brand_id String COMMENT 'Advertiser that the note works for. 笔记所属的品牌（广告主）。' CODEC(ZSTD(1)),
    note_id String COMMENT 'Note on Xiaohongshu. 小红书笔记。' CODEC(ZSTD(1)),
    day Date DEFAULT toDate(occurred_at) COMMENT 'Day of occurred_at, Asia/Shanghai. occurred_at 所在的日期（北京时间）。',
    kind Enum8('view' = 1, 'save' = 2, 'unsave' = 3, 'click' = 4) COMMENT 'What happened: note viewed, saved, taken out of the saved notes, or its link to Taobao clicked; an unsave is a fact and not a touch. 行为：浏览、收藏、取消收藏、点击种草直达链接；取消收藏只作记录，不算触点。',
    user_id String COMMENT 'Account shared by Xiaohongshu and Taobao. 打通后的用户账号（小红书与淘宝一致）。' CODEC(ZSTD(1)),
    occurred_at DateTime64(3, 'Asia/Shanghai') COMMENT 'When it happened, to the millisecond, shown in Asia/Shanghai time. 发生时间，精确到毫秒，按北京时间显示。' CODEC(Delta, ZSTD(1)),
    click_id String COMMENT 'Identity of the click; empty for other kinds. 点击的唯一标识；其他行为为空。' CODEC(ZSTD(1)),
    item_id String COMMENT 'Taobao item that the clicked link leads to; empty for other kinds. 所点链接指向的淘宝商品；其他行为为空。' CODEC(ZSTD(1)),
    surface LowCardinality(String) COMMENT 'Where the note was viewed: EXPLORE, SEARCH, FOLLOWING, PROFILE or OTHER; empty unless a view. 浏览入口：发现、搜索、关注、个人主页或其他；非浏览为空。',
    promoted Bool COMMENT 'The view was paid for; false unless a view. 是否为付费推广带来的浏览；非浏览为 false。',
    dwell_ms Nullable(Int32) COMMENT 'How long the view lasted, in milliseconds; NULL when not known or not a view. 浏览时长，单位毫秒；未知或非浏览为 NULL。',
    placement LowCardinality(String) COMMENT 'Where the clicked link stood: NOTE or COMMENT; empty unless a click. 链接位置：笔记或评论；非点击为空。',
    in_time UInt8 COMMENT '1 when the event arrived within the allowed lateness, else 0; rows of one event are replaced by the greatest. 在允许的迟到时间内到达为 1，否则为 0；同一事件保留数值最大的一行。',
    too_late Bool ALIAS in_time = 0 COMMENT 'The event arrived after the allowed lateness: it takes part in no journey and no path. 超出允许的迟到时间：不参与任何旅程与路径。'
)
ENGINE = ReplacingMergeTree(in_time)
PARTITION BY toYYYYMM(day)
ORDER BY (brand_id, note_id, day, kind, user_id, occurred_at, click_id)
COMMENT 'Views, saves, unsaves and link clicks, one row per event once merged: read current_touches. 浏览、收藏、取消收藏与点击的明细，合并后每个事件一行：请查询 current_touches。';

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

-- How far a user went with a note, one row per day on which the note was viewed. Every row that is inserted is a
-- part: merging keeps the minimum of each column and passes over NULLs, so parts may come in any order, any number
-- of times. The partition key is made of the sort key, so FINAL may work on each month alone. A month to which nothing
-- was added for an hour becomes one part: FINAL then has nothing left to compare.
CREATE TABLE IF NOT EXISTS journeys
(
    brand_id String COMMENT 'Advertiser that the note works for. 笔记所属的品牌（广告主）。' CODEC(ZSTD(1)),
    entry_date Date COMMENT 'Day on which the user viewed the note, Asia/Shanghai. 用户浏览笔记的日期（北京时间）。',
    note_id String COMMENT 'Note on Xiaohongshu. 小红书笔记。' CODEC(ZSTD(1)),
    user_id String COMMENT 'Account shared by Xiaohongshu and Taobao. 打通后的用户账号（小红书与淘宝一致）。' CODEC(ZSTD(1)),
    entered_at SimpleAggregateFunction(min, DateTime64(3, 'Asia/Shanghai')) COMMENT 'Earliest view of that day, Asia/Shanghai time, to the millisecond. 当日最早一次浏览的时间（北京时间，毫秒）。' CODEC(Delta, ZSTD(1)),
    saved_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'Asia/Shanghai'))) COMMENT 'Earliest save of the note between entered_at and the end of the lookback days after entry_date, Asia/Shanghai time; NULL when none. 自 entered_at 起、回溯天数内最早的收藏时间（北京时间）；没有则为 NULL。' CODEC(Delta, ZSTD(1)),
    clicked_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'Asia/Shanghai'))) COMMENT 'Earliest link click of the note in the same time, whether or not it was saved, Asia/Shanghai time; NULL when none. 同一时段内最早的链接点击时间，不论是否收藏（北京时间）；没有则为 NULL。' CODEC(Delta, ZSTD(1)),
    purchased_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'Asia/Shanghai'))) COMMENT 'Earliest payment for the brand in the same time, whether or not the link was clicked, Asia/Shanghai time; NULL when none. 同一时段内该品牌最早的付款时间，不论是否点击（北京时间）；没有则为 NULL。' CODEC(Delta, ZSTD(1)),
    chain_clicked_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'Asia/Shanghai'))) COMMENT 'Earliest link click at or after saved_at: third step of view, save, click, purchase in this order, Asia/Shanghai time; NULL when none. saved_at 当时或之后最早的点击：浏览、收藏、点击、购买顺序漏斗的第三步（北京时间）；没有则为 NULL。' CODEC(Delta, ZSTD(1)),
    chain_purchased_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'Asia/Shanghai'))) COMMENT 'Earliest payment for the brand at or after chain_clicked_at: last step of the ordered funnel, Asia/Shanghai time; NULL when none. chain_clicked_at 当时或之后该品牌最早的付款：顺序漏斗的最后一步（北京时间）；没有则为 NULL。' CODEC(Delta, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(entry_date)
ORDER BY (brand_id, entry_date, note_id, user_id)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1
COMMENT 'How far each user went with each note, one row per day of viewing once merged: read current_journeys. 用户与笔记的旅程，合并后每个浏览日一行：请查询 current_journeys。';

-- What came before each sub-order that was paid, one row per sub-order. A correction is a whole new row with a
-- greater version. No partition: paid_at may move when an earlier payment arrives late, and rows of one sub-order in
-- two partitions would never be merged. The path.… arrays are one Nested: element i of each describes touch i. Numbers of
-- orders grow with time, and so does paid_at along the sort key: with the index, a question about some days passes over
-- the others. ClickHouse reads again all other rows of the sub-orders that it finds, so FINAL still sees each of them.
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
    version UInt128 COMMENT 'Grows with the events that the row was computed from: the greatest of a sub-order stands. No unit. 版本号，随参与计算的事件增长，同一子订单保留最大者；无单位。' CODEC(ZSTD(1)),
    INDEX paid_at_range paid_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (brand_id, sub_order_id)
COMMENT 'Paid sub-orders with the touches before them, one row per sub-order once merged: read current_conversions. 已付款子订单及其触点路径，合并后每个子订单一行：请查询 current_conversions。';

-- Messages that could not be used. No partition: no time is in the sort key.
CREATE TABLE IF NOT EXISTS dead_letters
(
    topic LowCardinality(String) COMMENT 'Kafka topic that the message was read from. 消息所在的 Kafka 主题。',
    `partition` Int32 COMMENT 'Kafka partition, from 0. Kafka 分区，从 0 起。',
    `offset` Int64 COMMENT 'Offset of the message in its partition, from 0. 消息在分区内的位移，从 0 起。' CODEC(Delta, ZSTD(1)),
    reason LowCardinality(String) COMMENT 'Reason code: not_wire_format, unknown_schema, undecodable, invalid_field, from_the_future or too_late. 原因代码：不是约定的报文格式、未知的模式编号、无法解码、字段不合规、来自未来或太迟。',
    detail String COMMENT 'What was wrong, in words. 具体原因。' CODEC(ZSTD(1)),
    key Nullable(String) COMMENT 'Key of the message as raw bytes, often a user_id; NULL when it had none. 消息键的原始字节，通常为 user_id；没有则为 NULL。' CODEC(ZSTD(1)),
    payload Nullable(String) COMMENT 'Value of the message as raw bytes; NULL when it had none. 消息内容的原始字节；没有则为 NULL。' CODEC(ZSTD(1)),
    kafka_timestamp DateTime64(3, 'Asia/Shanghai') COMMENT 'Timestamp of the message in Kafka, to the millisecond, shown in Asia/Shanghai time. 消息在 Kafka 中的时间戳，精确到毫秒，按北京时间显示。' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (topic, `partition`, `offset`)
COMMENT 'Messages that could not be used, with the reason, one row per message once merged: read current_dead_letters. 无法使用的消息及原因，合并后每条消息一行：请查询 current_dead_letters。';

-- How far workers have come, one row per ten minutes of a partition. Every row that is inserted is a part: merging keeps
-- the maximum of each column, so parts may come in any order, any number of times.
CREATE TABLE IF NOT EXISTS progress
(
    topic LowCardinality(String) COMMENT 'Kafka topic. Kafka 主题。',
    `partition` Int32 COMMENT 'Kafka partition, from 0. Kafka 分区，从 0 起。',
    slot DateTime64(3, 'Asia/Shanghai') COMMENT 'Start of ten minutes of the timestamps that messages have in Kafka, Asia/Shanghai time. 消息在 Kafka 中的时间戳所在的十分钟区间起点（北京时间）。' CODEC(Delta, ZSTD(1)),
    next_offset SimpleAggregateFunction(max, Int64) COMMENT 'Offset behind the last message of these ten minutes. 该区间最后一条消息之后的位移。' CODEC(ZSTD(1)),
    end_offset SimpleAggregateFunction(max, Int64) COMMENT 'Where the partition ended, as far as was known when they were read. 读取时已知的分区末端位移。' CODEC(ZSTD(1)),
    newest_message_at SimpleAggregateFunction(max, DateTime64(3, 'Asia/Shanghai')) COMMENT 'Newest timestamp in Kafka, Asia/Shanghai time. 消息在 Kafka 中的最新时间戳（北京时间）。' CODEC(ZSTD(1)),
    newest_event_at SimpleAggregateFunction(max, Nullable(DateTime64(3, 'Asia/Shanghai'))) COMMENT 'Newest time of a valid event, Asia/Shanghai time; NULL before the first. 最新有效事件的发生时间（北京时间）；尚无则为 NULL。' CODEC(ZSTD(1)),
    event_time SimpleAggregateFunction(max, Nullable(DateTime64(3, 'Asia/Shanghai'))) COMMENT 'Event time that the four topics of this partition number had reached together, Asia/Shanghai time; NULL before the first event. 该分区号四个主题共同到达的事件时间（北京时间）；尚无事件则为 NULL。' CODEC(ZSTD(1)),
    complete_until SimpleAggregateFunction(max, Nullable(DateTime64(3, 'Asia/Shanghai'))) COMMENT 'Event time less the allowed lateness: whatever comes of the time before is too late, Asia/Shanghai time; NULL before the first event. event_time 减去允许的迟到时间：此前的事件再到达即为太迟（北京时间）；尚无事件则为 NULL。' CODEC(ZSTD(1)),
    processed_at SimpleAggregateFunction(max, DateTime64(3, 'Asia/Shanghai')) DEFAULT now64(3) COMMENT 'When ClickHouse took the row, Asia/Shanghai time. ClickHouse 写入时间（北京时间）。' CODEC(ZSTD(1))
)
ENGINE = AggregatingMergeTree
ORDER BY (topic, `partition`, slot)
COMMENT 'How far workers have come in each partition, one row per ten minutes once merged: read freshness. 各分区的处理进度，合并后每十分钟一行：请查询 freshness。';

-- What models found in the paths, one row per run. A run is named by the sort key, and a row holds all of its
-- channels: so the newest replaces the one before it whole, also channels that are gone. The credits.… arrays are one
-- Nested: element i of each describes channel i. No partition: runs of one name must meet to be merged.
CREATE TABLE IF NOT EXISTS modelled_credits
(
    brand_id String COMMENT 'Advertiser whose orders are credited. 被归因订单所属的品牌（广告主）。' CODEC(ZSTD(1)),
    model LowCardinality(String) COMMENT 'Model: markov or shapley. 归因模型：markov（马尔可夫链）或 shapley（沙普利值）。',
    dimension LowCardinality(String) COMMENT 'What the channels are: note, creator, surface or kind. 渠道的维度：笔记、博主、浏览入口或触点行为。',
    lookback_days UInt16 COMMENT 'How far before a payment a touch counts, in days of 24 hours. 付款前多少天内的触点计入，按 24 小时计。',
    since Nullable(Date) COMMENT 'First day of the payments and touches, Asia/Shanghai; NULL when there was no bound. 付款与触点的首日（北京时间）；未限定则为 NULL。',
    until Nullable(Date) COMMENT 'Last day of the payments and touches, Asia/Shanghai; NULL when there was no bound. 付款与触点的末日（北京时间）；未限定则为 NULL。',
    computed_at DateTime64(3, 'Asia/Shanghai') COMMENT 'When the paths were read, to the millisecond, Asia/Shanghai time: the newest run of a name stands. 读取路径的时间（北京时间，毫秒）：同名计算保留最新一次。',
    `credits.channel` Array(String) COMMENT 'Channels; empty for the orders without touches. 渠道；自然成交为空。' CODEC(ZSTD(1)),
    `credits.removal_effect` Array(Nullable(Float64)) COMMENT 'Share of the conversions that would be lost without each channel, 0 to 1; NULL unless the model is markov. 移除该渠道后损失的转化占比，0 到 1；非 markov 则为 NULL。' CODEC(ZSTD(1)),
    `credits.sub_orders` Array(Float64) COMMENT 'Sub-orders that are credited to each channel, a count with fractions. 各渠道分得的子订单数（可为小数）。' CODEC(ZSTD(1)),
    `credits.gross_fen` Array(Int64) COMMENT 'Payments that are credited to each channel, in fen (1/100 CNY). 各渠道分得的付款金额，单位分。' CODEC(ZSTD(1)),
    `credits.refunded_fen` Array(Int64) COMMENT 'Refunds that are credited to each channel, in fen (1/100 CNY). 各渠道分得的退款金额，单位分。' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(computed_at)
ORDER BY (brand_id, model, dimension, lookback_days, ifNull(since, toDate('1970-01-01')), ifNull(until, toDate('2149-06-06')))
COMMENT 'Credit that models found in the paths, one row per run of the command attribute once merged: read current_modelled_credits. 模型按路径计算的功劳，合并后 attribute 命令的每次计算一行：请查询 current_modelled_credits。';
