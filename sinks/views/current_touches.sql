-- What analysts read: each table as it stands, with duplicates and superseded rows already taken away. The setting
-- lets a query skip the comparison between months where the partition key is made of the sort key.
--
-- seen by: analyst, modeller
-- brand: brand_id
CREATE VIEW current_touches
(
    brand_id String COMMENT note,
    note_id String,
    day Date,
    kind {{ fact_kind }},
    user_id String,
    occurred_at DateTime64(3, 'Asia/Shanghai'),
    click_id String COMMENT touch,
    item_id String COMMENT touch,
    surface LowCardinality(String),
    promoted Bool,
    dwell_ms Nullable(Int32),
    placement LowCardinality(String),
    too_late Bool
)
AS SELECT brand_id, note_id, day, kind, user_id, occurred_at, click_id, item_id, surface, promoted, dwell_ms, placement, CAST(too_late AS Bool) AS too_late
FROM touches FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Views, saves, unsaves and link clicks, one row per event. 浏览、收藏、取消收藏与点击的明细，每个事件一行。';
