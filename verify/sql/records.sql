-- Every message that was read, once. Times are ms since the Unix epoch. Fields that a topic does not have are empty.
CREATE TABLE records
(
    topic LowCardinality(String),
    `partition` Int32,
    `offset` Int64,
    kafka_timestamp Int64,
    read_at Int64 DEFAULT 4102416000000 COMMENT 'Wall clock of whoever read it, where it is known; else later than every event.',
    newest_before Int64 COMMENT 'Newest occurred_at of the same topic and partition before it.',
    key Nullable(String),
    payload Nullable(String),
    damage LowCardinality(String) COMMENT 'Reason code of a message that cannot be decoded; empty for all others.',
    kind LowCardinality(String) COMMENT 'view, save, unsave, click, PAY or REFUND.',
    user_id String,
    occurred_at Int64,
    brand_id String,
    note_id String,
    surface LowCardinality(String),
    promoted Bool,
    dwell_ms Nullable(Int32),
    click_id Nullable(String),
    item_id String,
    placement LowCardinality(String),
    txn_id String,
    order_id String,
    sub_order_id String,
    shop_id String,
    quantity Int32,
    amount_fen Int64,
    slice UInt32 MATERIALIZED {slice}
)
ENGINE = MergeTree
ORDER BY (slice, user_id)
