CREATE OR REPLACE VIEW current_journeys
(
    brand_id String COMMENT 'Advertiser that the note works for. 笔记所属的品牌（广告主）。',
    entry_date Date COMMENT 'Day on which the user viewed the note, Asia/Shanghai. 用户浏览笔记的日期（北京时间）。',
    note_id String COMMENT 'Note on Xiaohongshu. 小红书笔记。',
    user_id String COMMENT 'Account shared by Xiaohongshu and Taobao. 打通后的用户账号（小红书与淘宝一致）。',
    entered_at DateTime64(3, 'Asia/Shanghai') COMMENT 'Earliest view of that day, Asia/Shanghai time, to the millisecond. 当日最早一次浏览的时间（北京时间，毫秒）。',
    saved_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'Earliest save of the note between entered_at and the end of the lookback days after entry_date, Asia/Shanghai time; NULL when none. 自 entered_at 起、回溯天数内最早的收藏时间（北京时间）；没有则为 NULL。',
    clicked_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'Earliest link click of the note in the same time, whether or not it was saved, Asia/Shanghai time; NULL when none. 同一时段内最早的链接点击时间，不论是否收藏（北京时间）；没有则为 NULL。',
    purchased_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'Earliest payment for the brand in the same time, whether or not the link was clicked, Asia/Shanghai time; NULL when none. 同一时段内该品牌最早的付款时间，不论是否点击（北京时间）；没有则为 NULL。',
    chain_clicked_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'Earliest link click at or after saved_at: third step of view, save, click, purchase in this order, Asia/Shanghai time; NULL when none. saved_at 当时或之后最早的点击：浏览、收藏、点击、购买顺序漏斗的第三步（北京时间）；没有则为 NULL。',
    chain_purchased_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'Earliest payment for the brand at or after chain_clicked_at: last step of the ordered funnel, Asia/Shanghai time; NULL when none. chain_clicked_at 当时或之后该品牌最早的付款：顺序漏斗的最后一步（北京时间）；没有则为 NULL。'
)
AS SELECT brand_id, entry_date, note_id, user_id, entered_at, saved_at, clicked_at, purchased_at, chain_clicked_at, chain_purchased_at
FROM journeys FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'How far each user went with each note, one row per brand, note, user and day of viewing. 用户与笔记的旅程，每个品牌、笔记、用户、浏览日一行。';
