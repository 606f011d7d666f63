-- What a user did with a note, one row per event. The version column is in_time, so that an event that was
-- delivered in time stands against a too late second delivery of itself, whichever of the two was inserted first.
-- The partition key is made of the sort key, so FINAL may work on each month alone.
CREATE TABLE IF NOT EXISTS touches
(
    brand_id String COMMENT note CODEC(ZSTD(1)),
    note_id String CODEC(ZSTD(1)),
    day Date DEFAULT toDate(occurred_at),
    kind Enum8('view' = 1, 'save' = 2, 'unsave' = 3, 'click' = 4),
    user_id String CODEC(ZSTD(1)),
    occurred_at DateTime64(3, 'Asia/Shanghai') CODEC(Delta, ZSTD(1)),
    click_id String COMMENT touch CODEC(ZSTD(1)),
    item_id String COMMENT touch CODEC(ZSTD(1)),
    surface LowCardinality(String),
    promoted Bool,
    dwell_ms Nullable(Int32),
    placement LowCardinality(String),
    in_time UInt8,
    too_late Bool ALIAS in_time = 0
)
ENGINE = ReplacingMergeTree(in_time)
PARTITION BY toYYYYMM(day)
ORDER BY (brand_id, note_id, day, kind, user_id, occurred_at, click_id)
COMMENT 'Views, saves, unsaves and link clicks, one row per event once merged: read current_touches. 浏览、收藏、取消收藏与点击的明细，合并后每个事件一行：请查询 current_touches。';

-- What happened to an order line, one row per transaction. No partition: no time is in the sort key, and rows of
-- one transaction in two partitions would never be merged.
CREATE TABLE IF NOT EXISTS order_events
(
    kind Enum8('PAY' = 1, 'REFUND' = 2) COMMENT order,
    brand_id String CODEC(ZSTD(1)),
    shop_id String COMMENT order CODEC(ZSTD(1)),
    user_id String CODEC(ZSTD(1)),
    order_id String COMMENT order CODEC(ZSTD(1)),
    sub_order_id String CODEC(ZSTD(1)),
    txn_id String CODEC(ZSTD(1)),
    item_id String COMMENT order CODEC(ZSTD(1)),
    quantity Int32 COMMENT order,
    amount_fen Int64 CODEC(ZSTD(1)),
    occurred_at DateTime64(3, 'Asia/Shanghai') COMMENT order CODEC(Delta, ZSTD(1)),
    click_id Nullable(String) COMMENT order CODEC(ZSTD(1)),
    in_time UInt8,
    too_late Bool ALIAS in_time = 0 COMMENT order
)
ENGINE = ReplacingMergeTree(in_time)
ORDER BY (brand_id, sub_order_id, txn_id)
COMMENT 'Payments and refunds of sub-orders, one row per transaction once merged: read current_order_events. 子订单的付款与退款明细，合并后每笔一行：请查询 current_order_events。';

-- How far a user went with a note, one row per day on which the note was viewed. Every row that is inserted is a
-- part: merging keeps the minimum of each column and passes over NULLs, so parts may come in any order, any number
-- of times. The partition key is made of the sort key, so FINAL may work on each month alone.
CREATE TABLE IF NOT EXISTS journeys
(
    brand_id String COMMENT note CODEC(ZSTD(1)),
    entry_date Date,
    note_id String CODEC(ZSTD(1)),
    user_id String CODEC(ZSTD(1)),
    entered_at SimpleAggregateFunction(min, DateTime64(3, 'Asia/Shanghai')) CODEC(Delta, ZSTD(1)),
    saved_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'Asia/Shanghai'))) CODEC(Delta, ZSTD(1)),
    clicked_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'Asia/Shanghai'))) CODEC(Delta, ZSTD(1)),
    purchased_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'Asia/Shanghai'))) CODEC(Delta, ZSTD(1)),
    chain_clicked_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'Asia/Shanghai'))) CODEC(Delta, ZSTD(1)),
    chain_purchased_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'Asia/Shanghai'))) CODEC(Delta, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(entry_date)
ORDER BY (brand_id, entry_date, note_id, user_id)
COMMENT 'How far each user went with each note, one row per day of viewing once merged: read current_journeys. 用户与笔记的旅程，合并后每个浏览日一行：请查询 current_journeys。';

-- What came before each sub-order that was paid, one row per sub-order. A correction is a whole new row with a
-- greater version. No partition: paid_at may move when an earlier payment arrives late, and rows of one sub-order in
-- two partitions would never be merged. The path.… arrays are one Nested: element i of each describes touch i.
CREATE TABLE IF NOT EXISTS conversions
(
    brand_id String CODEC(ZSTD(1)),
    sub_order_id String CODEC(ZSTD(1)),
    order_id String CODEC(ZSTD(1)),
    user_id String CODEC(ZSTD(1)),
    shop_id String CODEC(ZSTD(1)),
    item_id String CODEC(ZSTD(1)),
    quantity Int32,
    click_id Nullable(String) CODEC(ZSTD(1)),
    paid_at DateTime64(3, 'Asia/Shanghai') CODEC(ZSTD(1)),
    direct Bool,
    lookback_days UInt16,
    `path.occurred_at` Array(DateTime64(3, 'Asia/Shanghai')) CODEC(Delta, ZSTD(1)),
    `path.kind` Array(Enum8('view' = 1, 'save' = 2, 'click' = 4)) CODEC(ZSTD(1)),
    `path.note_id` Array(String) CODEC(ZSTD(1)),
    `path.item_id` Array(String) CODEC(ZSTD(1)),
    `path.click_id` Array(String) CODEC(ZSTD(1)),
    path_truncated Bool,
    path_incomplete Bool,
    version UInt128 COMMENT 'Grows with the events that the row was computed from: the greatest of a sub-order stands. No unit. 版本号，随参与计算的事件增长，同一子订单保留最大者；无单位。' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (brand_id, sub_order_id)
COMMENT 'Paid sub-orders with the touches before them, one row per sub-order once merged: read current_conversions. 已付款子订单及其触点路径，合并后每个子订单一行：请查询 current_conversions。';

-- Messages that could not be used. No partition: no time is in the sort key.
CREATE TABLE IF NOT EXISTS dead_letters
(
    topic LowCardinality(String) COMMENT message,
    `partition` Int32,
    `offset` Int64 CODEC(Delta, ZSTD(1)),
    reason LowCardinality(String),
    detail String CODEC(ZSTD(1)),
    key Nullable(String) CODEC(ZSTD(1)),
    payload Nullable(String) CODEC(ZSTD(1)),
    kafka_timestamp DateTime64(3, 'Asia/Shanghai') CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (topic, `partition`, `offset`)
COMMENT 'Messages that could not be used, with the reason, one row per message once merged: read current_dead_letters. 无法使用的消息及原因，合并后每条消息一行：请查询 current_dead_letters。';

-- How far workers have come, one row per ten minutes of a partition. Every row that is inserted is a part: merging keeps
-- the maximum of each column, so parts may come in any order, any number of times.
CREATE TABLE IF NOT EXISTS progress
(
    topic LowCardinality(String),
    `partition` Int32,
    slot DateTime64(3, 'Asia/Shanghai') CODEC(Delta, ZSTD(1)),
    next_offset SimpleAggregateFunction(max, Int64) CODEC(ZSTD(1)),
    end_offset SimpleAggregateFunction(max, Int64) CODEC(ZSTD(1)),
    newest_message_at SimpleAggregateFunction(max, DateTime64(3, 'Asia/Shanghai')) CODEC(ZSTD(1)),
    newest_event_at SimpleAggregateFunction(max, Nullable(DateTime64(3, 'Asia/Shanghai'))) CODEC(ZSTD(1)),
    event_time SimpleAggregateFunction(max, Nullable(DateTime64(3, 'Asia/Shanghai'))) CODEC(ZSTD(1)),
    complete_until SimpleAggregateFunction(max, Nullable(DateTime64(3, 'Asia/Shanghai'))) CODEC(ZSTD(1)),
    processed_at SimpleAggregateFunction(max, DateTime64(3, 'Asia/Shanghai')) DEFAULT now64(3) CODEC(ZSTD(1))
)
ENGINE = AggregatingMergeTree
ORDER BY (topic, `partition`, slot)
COMMENT 'How far workers have come in each partition, one row per ten minutes once merged: read freshness. 各分区的处理进度，合并后每十分钟一行：请查询 freshness。';

-- What models found in the paths, one row per run. A run is named by the sort key, and a row holds all of its
-- channels: so the newest replaces the one before it whole, also channels that are gone. The credits.… arrays are one
-- Nested: element i of each describes channel i. No partition: runs of one name must meet to be merged.
CREATE TABLE IF NOT EXISTS modelled_credits
(
    brand_id String COMMENT credited CODEC(ZSTD(1)),
    model LowCardinality(String),
    dimension LowCardinality(String),
    lookback_days UInt16 COMMENT model,
    since Nullable(Date),
    until Nullable(Date),
    computed_at DateTime64(3, 'Asia/Shanghai') COMMENT 'When the paths were read, to the millisecond, Asia/Shanghai time: the newest run of a name stands. 读取路径的时间（北京时间，毫秒）：同名计算保留最新一次。',
    `credits.channel` Array(String) CODEC(ZSTD(1)),
    `credits.removal_effect` Array(Nullable(Float64)) CODEC(ZSTD(1)),
    `credits.sub_orders` Array(Float64) CODEC(ZSTD(1)),
    `credits.gross_fen` Array(Int64) CODEC(ZSTD(1)),
    `credits.refunded_fen` Array(Int64) CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(computed_at)
ORDER BY (brand_id, model, dimension, lookback_days, ifNull(since, toDate('1970-01-01')), ifNull(until, toDate('2149-06-06')))
COMMENT 'Credit that models found in the paths, one row per run of the command attribute once merged: read current_modelled_credits. 模型按路径计算的功劳，合并后 attribute 命令的每次计算一行：请查询 current_modelled_credits。';

-- A month of journeys to which nothing was added for an hour becomes one part: FINAL then has nothing left to compare.
ALTER TABLE journeys MODIFY SETTING min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

-- Numbers of orders grow with time, and so does paid_at along the sort key: a question about some days passes over the
-- others. ClickHouse reads again all other rows of the sub-orders that it finds, so FINAL still sees each of them.
ALTER TABLE conversions ADD INDEX IF NOT EXISTS paid_at_range paid_at TYPE minmax GRANULARITY 1;
ALTER TABLE conversions MATERIALIZE INDEX paid_at_range;
