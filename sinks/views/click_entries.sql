-- A click that is inserted twice is one row.
--
-- seen by: nobody
-- brand: none
CREATE MATERIALIZED VIEW click_entries TO clicks
(
    brand_id String COMMENT note,
    click_id String COMMENT touch,
    note_id String,
    user_id String,
    item_id String COMMENT touch,
    occurred_at DateTime64(3, 'Asia/Shanghai'),
    placement LowCardinality(String),
    too_late Bool,
    published_at DateTime64(3, 'Asia/Shanghai')
)
AS SELECT brand_id, click_id, note_id, user_id, item_id, occurred_at, placement, too_late, published_at
FROM touches
WHERE kind = 'click'
COMMENT 'Feeds the clicks of touches into clicks. 将点击写入 clicks。';
