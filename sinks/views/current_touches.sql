-- What analysts read: each table as it stands, with duplicates and superseded rows already taken away. The setting
-- lets a query skip the comparison between months where the partition key is made of the sort key.
--
-- A click that was stamped again has a row in touches for each of its times, perhaps in other months: clicks has the least.
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
    too_late Bool,
    published_at DateTime64(3, 'Asia/Shanghai')
)
AS SELECT brand_id, note_id, day, kind, user_id, occurred_at, click_id, item_id, surface, promoted, dwell_ms, placement, too_late, published_at
FROM touches FINAL
WHERE kind != 'click'
SETTINGS do_not_merge_across_partitions_select_final = 1
UNION ALL
SELECT
    brand_id, note_id, toDate(occurred_at), CAST('click' AS {{ fact_kind }}), user_id, occurred_at, click_id, item_id,
    CAST('' AS LowCardinality(String)), CAST(false AS Bool), CAST(NULL AS Nullable(Int32)), placement, too_late, published_at
FROM clicks FINAL
COMMENT 'Views, saves, unsaves and link clicks, one row per event. 浏览、收藏、取消收藏与点击的明细，每个事件一行。';
