-- seen by: analyst
-- brand: none
CREATE VIEW current_progress
(
    topic LowCardinality(String),
    `partition` Int32,
    epoch UInt16,
    slot DateTime64(3, 'Asia/Shanghai'),
    next_offset Int64,
    end_offset Int64,
    expired_unread Int64,
    newest_message_at DateTime64(3, 'Asia/Shanghai'),
    newest_event_at Nullable(DateTime64(3, 'Asia/Shanghai')),
    event_time Nullable(DateTime64(3, 'Asia/Shanghai')),
    complete_until Nullable(DateTime64(3, 'Asia/Shanghai')),
    processed_at DateTime64(3, 'Asia/Shanghai'),
    lookback_days Nullable(UInt16) COMMENT joined
)
AS SELECT topic, `partition`, epoch, slot, next_offset, end_offset, expired_unread, newest_message_at, newest_event_at, event_time, complete_until, processed_at, lookback_days
FROM progress FINAL
COMMENT 'How far workers have come in each partition, one row per epoch and ten minutes. 各分区的处理进度，每个 epoch 每十分钟一行。';
