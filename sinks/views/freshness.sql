-- seen by: analyst
-- brand: none
CREATE VIEW freshness
(
    topic LowCardinality(String),
    `partition` Int32,
    newest_event_at Nullable(DateTime64(3, 'Asia/Shanghai')),
    newest_message_at DateTime64(3, 'Asia/Shanghai') COMMENT 'Newest timestamp in Kafka of what was processed, Asia/Shanghai time. 已处理消息在 Kafka 中的最新时间戳（北京时间）。',
    processed_at DateTime64(3, 'Asia/Shanghai') COMMENT 'When rows were last written, Asia/Shanghai time. 最近一次写入时间（北京时间）。',
    processed UInt64,
    lag UInt64,
    expired_unread UInt64 COMMENT 'Offsets that Kafka had deleted before they were read: their messages are lost. 未及读取即被 Kafka 删除的位移数：其消息已丢失。',
    complete_until Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'Whatever comes of the time before is too late: it counts, but may wait for a rebuild, Asia/Shanghai time; NULL before the first event. 此前的事件再到达即为太迟：仍会计入，但可能要等重建（北京时间）；尚无事件则为 NULL。',
    late_share_hour Float64,
    late_share_day Float64
)
AS SELECT
    topic, `partition`,
    p.newest_event AS newest_event_at,
    p.newest_message AS newest_message_at,
    p.processed_last AS processed_at,
    toUInt64(p.processed_to) AS processed,
    toUInt64(greatest(p.end - p.processed_to, 0)) AS lag,
    toUInt64(p.expired) AS expired_unread,
    -- The four topics of a partition number have one event time.
    max(p.complete) OVER (PARTITION BY `partition`) AS complete_until,
    coalesce(late.hour, 0) AS late_share_hour,
    coalesce(late.day, 0) AS late_share_day
FROM
(
    SELECT
        topic, `partition`,
        max(newest_event_at) AS newest_event,
        max(newest_message_at) AS newest_message,
        max(processed_at) AS processed_last,
        max(next_offset) AS processed_to,
        max(end_offset) AS end,
        sum(expired_unread) AS expired,
        max(complete_until) AS complete
    FROM progress FINAL
    -- Topics that were made anew begin a new epoch, and offsets with it.
    WHERE epoch = (SELECT max(epoch) FROM progress)
    GROUP BY topic, `partition`
) AS p
ALL LEFT JOIN
(
    -- Of what is complete: later events can hardly be late yet. Facts do not tell their partitions.
    SELECT
        topic,
        countIf(too_late AND at >= until - INTERVAL 1 HOUR) / greatest(countIf(at >= until - INTERVAL 1 HOUR), 1) AS hour,
        countIf(too_late) / greatest(count(), 1) AS day
    FROM
    (
        SELECT
            multiIf(kind = 'view', 'note-views', kind = 'click', 'link-clicks', 'note-saves') AS topic,
            occurred_at AS at, too_late, (SELECT max(complete_until) FROM progress WHERE epoch = (SELECT max(epoch) FROM progress)) AS until
        FROM touches FINAL
        WHERE day >= toDate(until - INTERVAL 1 DAY) AND occurred_at >= until - INTERVAL 1 DAY AND occurred_at < until
        UNION ALL
        SELECT 'taobao-purchases', occurred_at, too_late, (SELECT max(complete_until) FROM progress WHERE epoch = (SELECT max(epoch) FROM progress)) AS until
        FROM order_events FINAL
        WHERE occurred_at >= until - INTERVAL 1 DAY AND occurred_at < until
    )
    GROUP BY topic
) AS late USING (topic)
-- A maximum of nothing is 0, whatever whoever asks has set.
SETTINGS aggregate_functions_null_for_empty = 0, join_use_nulls = 0
COMMENT 'How fresh and how complete the data are, one row per topic and partition. 数据的新鲜度与完整度，每个主题的每个分区一行。';
