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
