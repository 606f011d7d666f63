-- Every message as it was read: one row per reading, so a message that a crash made us read again is here again.
-- Times are ms since the Unix epoch. Fields that a topic does not have are empty.
CREATE TABLE messages
(
    seq UInt64 COMMENT 'Reading order.',
    epoch UInt16 COMMENT 'Of the topics that it lies in.',
    topic String,
    `partition` Int32,
    `offset` Int64,
    kafka_timestamp Int64,
    read_at Int64 COMMENT 'Wall clock of the worker.',
    key Nullable(String),
    payload Nullable(String),
    damage String COMMENT 'Reason code of a message that cannot be decoded; empty for all others.',
    kind String COMMENT 'view, save, unsave, click, PAY or REFUND.',
    user_id String,
    occurred_at Int64,
    brand_id String,
    note_id String,
    surface String,
    promoted Bool,
    dwell_ms Nullable(Int32),
    click_id Nullable(String),
    item_id String,
    placement String,
    txn_id String,
    order_id String,
    sub_order_id String,
    shop_id String,
    quantity Int32,
    amount_fen Int64
)
ENGINE = MergeTree
ORDER BY seq
