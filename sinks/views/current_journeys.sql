-- seen by: analyst
-- brand: brand_id
CREATE VIEW current_journeys
(
    brand_id String COMMENT note,
    entry_date Date,
    note_id String,
    user_id String,
    entered_at DateTime64(3, 'Asia/Shanghai'),
    saved_at Nullable(DateTime64(3, 'Asia/Shanghai')),
    clicked_at Nullable(DateTime64(3, 'Asia/Shanghai')),
    purchased_at Nullable(DateTime64(3, 'Asia/Shanghai')),
    chain_clicked_at Nullable(DateTime64(3, 'Asia/Shanghai')),
    chain_purchased_at Nullable(DateTime64(3, 'Asia/Shanghai'))
)
AS SELECT brand_id, entry_date, note_id, user_id, entered_at, saved_at, clicked_at, purchased_at, chain_clicked_at, chain_purchased_at
FROM journeys FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'How far each user went with each note, one row per brand, note, user and day of viewing. 用户与笔记的旅程，每个品牌、笔记、用户、浏览日一行。';
