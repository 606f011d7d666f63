-- seen by: analyst
-- brand: brand_id
CREATE VIEW current_clicks
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
FROM clicks FINAL
COMMENT 'Link clicks, one row per click; of one that came again with other times, the least. 种草直达链接的点击，每次点击一行；同一点击有多个时间时取最早。';
