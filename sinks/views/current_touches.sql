-- What analysts read: each table as it stands, with duplicates and superseded rows already taken away. The setting
-- lets a query skip the comparison between months where the partition key is made of the sort key.
CREATE OR REPLACE VIEW current_touches
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
