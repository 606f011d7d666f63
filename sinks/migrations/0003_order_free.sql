-- Rows that stand whatever came when: versions are made of the events alone, and each fact says when Kafka had it first.
--
-- Sort keys and versions cannot be altered: a table gets its new form beside it, both exchange their names, and the rows
-- are copied. What is copied twice is one row. A condition holds when its statement comes: so what was cut short goes on
-- where it was, and a database that has the new form is left alone. Rows of before have published_at 0: it is not known.

-- It would go on with the table that it was made on.
-- only while touches lacks published_at
DROP VIEW IF EXISTS journey_entries;

-- Each link click at the least of its times, then as it was first delivered. No partition: no time is in the sort key.
CREATE TABLE IF NOT EXISTS clicks
(
    brand_id String COMMENT note CODEC(ZSTD(1)),
    click_id String COMMENT touch CODEC(ZSTD(1)),
    note_id String CODEC(ZSTD(1)),
    user_id String CODEC(ZSTD(1)),
    item_id String COMMENT touch CODEC(ZSTD(1)),
    occurred_at DateTime64(3, 'Asia/Shanghai') CODEC(ZSTD(1)),
    placement LowCardinality(String),
    too_late Bool,
    published_at DateTime64(3, 'Asia/Shanghai') CODEC(Delta, ZSTD(1)),
    first UInt128 MATERIALIZED toUInt128(140737488355327 - toUnixTimestamp64Milli(occurred_at)) * 281474976710656 + toUInt128(140737488355327 - toUnixTimestamp64Milli(published_at)) * 2 + toUInt128(NOT too_late) CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(first)
ORDER BY (brand_id, click_id)
COMMENT 'Link clicks, one row per click once merged: read current_clicks. 种草直达链接的点击，合并后每次点击一行：请查询 current_clicks。';

-- What a user did with a note, one row per event and time. Of several deliveries the first stands, and of those that were
-- published at one time, as of a file that is loaded again, one that came in time.
-- The partition key is made of the sort key, so FINAL may work on each month alone.
-- only while touches lacks published_at
CREATE TABLE IF NOT EXISTS touches__0003
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
    too_late Bool,
    published_at DateTime64(3, 'Asia/Shanghai') CODEC(Delta, ZSTD(1)),
    first UInt64 MATERIALIZED toUInt64(140737488355327 - toUnixTimestamp64Milli(published_at)) * 2 + toUInt64(NOT too_late) CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(first)
PARTITION BY toYYYYMM(day)
ORDER BY (brand_id, note_id, day, kind, user_id, occurred_at, click_id)
COMMENT 'Views, saves, unsaves and link clicks, one row per event and time once merged: read current_touches. 浏览、收藏、取消收藏与点击的明细，合并后每个事件的每个时间一行：请查询 current_touches。';

-- only while touches lacks published_at
EXCHANGE TABLES touches__0003 AND touches;

-- only while touches__0003 lacks published_at
INSERT INTO touches (brand_id, note_id, day, kind, user_id, occurred_at, click_id, item_id, surface, promoted, dwell_ms, placement, too_late)
SELECT brand_id, note_id, day, kind, user_id, occurred_at, click_id, item_id, surface, promoted, dwell_ms, placement, in_time = 0
FROM touches__0003 FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1;

-- only while touches__0003 lacks published_at
INSERT INTO clicks (brand_id, click_id, note_id, user_id, item_id, occurred_at, placement, too_late)
SELECT brand_id, click_id, note_id, user_id, item_id, occurred_at, placement, in_time = 0
FROM touches__0003 FINAL
WHERE kind = 'click'
SETTINGS do_not_merge_across_partitions_select_final = 1;

-- Late views took part in no journey.
-- only while touches__0003 lacks published_at
INSERT INTO journeys (brand_id, entry_date, note_id, user_id, entered_at)
SELECT brand_id, day, note_id, user_id, min(occurred_at)
FROM touches__0003
WHERE kind = 'view' AND in_time = 0
GROUP BY brand_id, day, note_id, user_id;

-- only while touches__0003 lacks published_at
DROP TABLE IF EXISTS touches__0003;

-- What happened to an order line, one row per transaction and kind: the least of its times, then the first delivery. No
-- partition: no time is in the sort key, and rows of one transaction in two partitions would never be merged.
-- only while order_events lacks published_at
CREATE TABLE IF NOT EXISTS order_events__0003
(
    kind Enum8('PAY' = 1, 'REFUND' = 2) COMMENT order,
    brand_id String CODEC(ZSTD(1)),
    platform LowCardinality(String),
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
    too_late Bool COMMENT order,
    published_at DateTime64(3, 'Asia/Shanghai') CODEC(Delta, ZSTD(1)),
    first UInt128 MATERIALIZED toUInt128(140737488355327 - toUnixTimestamp64Milli(occurred_at)) * 281474976710656 + toUInt128(140737488355327 - toUnixTimestamp64Milli(published_at)) * 2 + toUInt128(NOT too_late) CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(first)
ORDER BY (brand_id, platform, sub_order_id, txn_id, kind)
COMMENT 'Payments and refunds of sub-orders, one row per transaction once merged: read current_order_events. 子订单的付款与退款明细，合并后每笔一行：请查询 current_order_events。';

-- only while order_events lacks published_at
EXCHANGE TABLES order_events__0003 AND order_events;

-- All rows that are still there: of one transaction the least time stands, and of equal ones the last, which came in time.
-- only while order_events__0003 lacks published_at
INSERT INTO order_events (kind, brand_id, platform, shop_id, user_id, order_id, sub_order_id, txn_id, item_id, quantity, amount_fen, occurred_at, click_id, too_late)
SELECT kind, brand_id, 'TAOBAO', shop_id, user_id, order_id, sub_order_id, txn_id, item_id, quantity, amount_fen, occurred_at, click_id, in_time = 0
FROM order_events__0003
ORDER BY brand_id, sub_order_id, txn_id, in_time
SETTINGS optimize_read_in_order = 1;

-- only while order_events__0003 lacks published_at
DROP TABLE IF EXISTS order_events__0003;

-- Messages that could not be used. No partition: no time is in the sort key. The hash tells messages apart where nobody
-- may see them.
-- only while dead_letters lacks epoch
CREATE TABLE IF NOT EXISTS dead_letters__0003
(
    topic LowCardinality(String) COMMENT message,
    `partition` Int32,
    epoch UInt16,
    `offset` Int64 CODEC(Delta, ZSTD(1)),
    reason LowCardinality(String),
    detail String CODEC(ZSTD(1)),
    key Nullable(String) CODEC(ZSTD(1)),
    payload Nullable(String) CODEC(ZSTD(1)),
    kafka_timestamp DateTime64(3, 'Asia/Shanghai') CODEC(Delta, ZSTD(1)),
    message_hash UInt64 MATERIALIZED sipHash64(ifNull(key, ''), isNull(key), ifNull(payload, ''), isNull(payload))
)
ENGINE = ReplacingMergeTree
ORDER BY (topic, `partition`, epoch, `offset`)
COMMENT 'Messages that could not be used, with the reason, one row per delivery once merged: read current_dead_letters. 无法使用的消息及原因，合并后每次投递一行：请查询 current_dead_letters。';

-- only while dead_letters lacks epoch
EXCHANGE TABLES dead_letters__0003 AND dead_letters;

-- Former versions of conversions begin with the epoch, and the newest is that of the topics which are read; present ones
-- begin with a time, which is a great number.
-- only while dead_letters__0003 lacks epoch
INSERT INTO dead_letters (topic, `partition`, epoch, `offset`, reason, detail, key, payload, kafka_timestamp)
WITH (SELECT toUInt16(bitShiftRight(max(version), 112)) FROM conversions) AS newest
SELECT topic, `partition`, if(newest < 60000, newest, 0), `offset`, reason, detail, key, payload, kafka_timestamp
FROM dead_letters__0003 FINAL;

-- only while dead_letters__0003 lacks epoch
DROP TABLE IF EXISTS dead_letters__0003;

-- How far workers have come, one row per ten minutes of a partition. Every row that is inserted is a part: merging keeps
-- the maximum of each column, so parts may come in any order, any number of times.
-- only while progress lacks epoch
CREATE TABLE IF NOT EXISTS progress__0003
(
    topic LowCardinality(String),
    `partition` Int32,
    epoch UInt16,
    slot DateTime64(3, 'Asia/Shanghai') CODEC(Delta, ZSTD(1)),
    next_offset SimpleAggregateFunction(max, Int64) CODEC(ZSTD(1)),
    end_offset SimpleAggregateFunction(max, Int64) CODEC(ZSTD(1)),
    expired_unread SimpleAggregateFunction(max, Int64) DEFAULT 0 CODEC(ZSTD(1)),
    newest_message_at SimpleAggregateFunction(max, DateTime64(3, 'Asia/Shanghai')) CODEC(ZSTD(1)),
    newest_event_at SimpleAggregateFunction(max, Nullable(DateTime64(3, 'Asia/Shanghai'))) CODEC(ZSTD(1)),
    event_time SimpleAggregateFunction(max, Nullable(DateTime64(3, 'Asia/Shanghai'))) CODEC(ZSTD(1)),
    complete_until SimpleAggregateFunction(max, Nullable(DateTime64(3, 'Asia/Shanghai'))) CODEC(ZSTD(1)),
    processed_at SimpleAggregateFunction(max, DateTime64(3, 'Asia/Shanghai')) DEFAULT now64(3) CODEC(ZSTD(1)),
    lookback_days SimpleAggregateFunction(min, Nullable(UInt16)) COMMENT joined CODEC(ZSTD(1))
)
ENGINE = AggregatingMergeTree
ORDER BY (topic, `partition`, epoch, slot)
COMMENT 'How far workers have come in each partition, one row per ten minutes once merged: read freshness. 各分区的处理进度，合并后每十分钟一行：请查询 freshness。';

-- only while progress lacks epoch
EXCHANGE TABLES progress__0003 AND progress;

-- only while progress__0003 lacks epoch
INSERT INTO progress (topic, `partition`, epoch, slot, next_offset, end_offset, expired_unread, newest_message_at, newest_event_at, event_time, complete_until, processed_at)
WITH (SELECT toUInt16(bitShiftRight(max(version), 112)) FROM conversions) AS newest
SELECT topic, `partition`, if(newest < 60000, newest, 0), slot, next_offset, end_offset, expired_unread, newest_message_at, newest_event_at, event_time, complete_until, processed_at
FROM progress__0003 FINAL;

-- only while progress__0003 lacks epoch
DROP TABLE IF EXISTS progress__0003;

-- What came before each sub-order that was paid, one row per sub-order. A correction is a whole new row with a
-- greater version. No partition: paid_at may move when an earlier payment arrives late, and rows of one sub-order in
-- two partitions would never be merged. The path.… arrays are one Nested: element i of each describes touch i.
--
-- Numbers of orders grow with time, and so does paid_at along the sort key: a question about some days passes over the
-- others. ClickHouse reads again all other rows of the sub-orders that it finds, so FINAL still sees each of them. Few
-- orders name a click that their paths lack, and these are found without reading the others.
-- only while conversions lacks platform
CREATE TABLE IF NOT EXISTS conversions__0003
(
    brand_id String CODEC(ZSTD(1)),
    platform LowCardinality(String),
    sub_order_id String CODEC(ZSTD(1)),
    order_id String CODEC(ZSTD(1)),
    user_id String CODEC(ZSTD(1)),
    shop_id String CODEC(ZSTD(1)),
    item_id String CODEC(ZSTD(1)),
    quantity Int32,
    click_id Nullable(String) CODEC(ZSTD(1)),
    paid_at DateTime64(3, 'Asia/Shanghai') CODEC(ZSTD(1)),
    newest_click_at Nullable(DateTime64(3, 'Asia/Shanghai')) CODEC(ZSTD(1)),
    newest_item_click_at Nullable(DateTime64(3, 'Asia/Shanghai')) CODEC(ZSTD(1)),
    lookback_days UInt16,
    `path.occurred_at` Array(DateTime64(3, 'Asia/Shanghai')) CODEC(Delta, ZSTD(1)),
    `path.kind` Array(Enum8('view' = 1, 'save' = 2, 'click' = 4)) CODEC(ZSTD(1)),
    `path.note_id` Array(String) CODEC(ZSTD(1)),
    `path.item_id` Array(String) CODEC(ZSTD(1)),
    `path.click_id` Array(String) CODEC(ZSTD(1)),
    `path.promoted` Array(Bool) CODEC(ZSTD(1)),
    `path.surface` Array(LowCardinality(String)) CODEC(ZSTD(1)),
    path_truncated Bool,
    path_incomplete Bool,
    version UInt128 COMMENT 'Of the events that the row was computed from: the greatest of a sub-order stands, from the high bits the earliest payment, most events, complete, the longest lookback. No unit. 版本号，由参与计算的事件决定，同一子订单保留最大者：高位起依次为最早付款、事件最多、完整、回溯最长；无单位。' CODEC(ZSTD(1)),
    named_click_id Nullable(String) MATERIALIZED if(has(`path.click_id`, ifNull(click_id, '')) OR (path_truncated AND empty(`path.click_id`)), NULL, click_id) CODEC(ZSTD(1)),
    INDEX paid_at_range paid_at TYPE minmax GRANULARITY 1,
    INDEX named_clicks named_click_id TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (brand_id, platform, sub_order_id)
COMMENT 'Paid sub-orders with the touches before them, one row per sub-order once merged: read current_conversions. 已付款子订单及其触点路径，合并后每个子订单一行：请查询 current_conversions。';

-- only while conversions lacks platform
EXCHANGE TABLES conversions__0003 AND conversions;

-- Only what stands, as former versions cannot be compared with new ones. A payment and the touches of the path are the
-- least number of events that it was made of; a crowded row (cut to nothing) has the greatest, as in all versions.
-- only while conversions__0003 lacks platform
INSERT INTO conversions (brand_id, platform, sub_order_id, order_id, user_id, shop_id, item_id, quantity, click_id, paid_at, newest_click_at, newest_item_click_at, lookback_days, `path.occurred_at`, `path.kind`, `path.note_id`, `path.item_id`, `path.click_id`, `path.promoted`, `path.surface`, path_truncated, path_incomplete, version)
WITH path_truncated AND empty(`path.kind`) AS crowded
SELECT
    brand_id, 'TAOBAO', sub_order_id, order_id, user_id, shop_id, item_id, quantity, click_id, paid_at,
    arrayLastOrNull((t, k) -> k = 'click', `path.occurred_at`, `path.kind`),
    arrayLastOrNull((t, k, i) -> k = 'click' AND i = item_id, `path.occurred_at`, `path.kind`, `path.item_id`),
    lookback_days, `path.occurred_at`, `path.kind`, `path.note_id`, `path.item_id`, `path.click_id`,
    arrayMap(k -> false, `path.kind`),
    arrayMap(k -> 'OTHER', `path.kind`),
    path_truncated, path_incomplete,
    bitShiftLeft(toUInt128(140737488355327 - toUnixTimestamp64Milli(paid_at)), 81)
        + bitShiftLeft(toUInt128(if(crowded, 18446744073709551615, toUInt64(1 + length(`path.kind`)))), 17)
        + toUInt128(if(crowded OR NOT path_incomplete, 65536, 0))
        + toUInt128(lookback_days)
FROM conversions__0003 FINAL;

-- only while conversions__0003 lacks platform
DROP TABLE IF EXISTS conversions__0003;

-- What `zhongcao rebuild` joined anew, one row per run that went to its end.
CREATE TABLE IF NOT EXISTS rebuilds
(
    rebuild_id String,
    started_at DateTime64(3, 'Asia/Shanghai'),
    finished_at DateTime64(3, 'Asia/Shanghai'),
    brand_id String COMMENT rebuilt,
    since Date COMMENT rebuilt,
    until Date COMMENT rebuilt,
    lookback_days UInt16 COMMENT rebuilt,
    published_until DateTime64(3, 'Asia/Shanghai')
)
ENGINE = ReplacingMergeTree(finished_at)
ORDER BY rebuild_id
COMMENT 'Runs of the command rebuild that went to their end, one row per run. rebuild 命令的完整运行记录，每次一行。';
