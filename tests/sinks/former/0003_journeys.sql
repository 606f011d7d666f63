-- How far a user went with a note, one row per day on which the note was viewed. Every row that is inserted is a
-- part: merging keeps the minimum of each column and passes over NULLs, so parts may come in any order, any number
-- of times. The partition key is made of the sort key, so FINAL may work on each month alone.
CREATE TABLE IF NOT EXISTS journeys
(
    brand_id String COMMENT 'Advertiser that the note works for. 笔记所属的品牌（广告主）。' CODEC(ZSTD(1)),
    entry_date Date COMMENT 'Day on which the user viewed the note, Asia/Shanghai. 用户浏览笔记的日期（北京时间）。',
    note_id String COMMENT 'Note on Xiaohongshu. 小红书笔记。' CODEC(ZSTD(1)),
    user_id String COMMENT 'Account shared by Xiaohongshu and Taobao. 打通后的用户账号（小红书与淘宝一致）。' CODEC(ZSTD(1)),
    entered_at SimpleAggregateFunction(min, DateTime64(3, 'Asia/Shanghai')) COMMENT 'Earliest view of that day, Asia/Shanghai time, to the millisecond. 当日最早一次浏览的时间（北京时间，毫秒）。' CODEC(Delta, ZSTD(1)),
    saved_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'Asia/Shanghai'))) COMMENT 'Earliest save of the note between entered_at and the end of the lookback days after entry_date, Asia/Shanghai time; NULL when none. 自 entered_at 起、回溯天数内最早的收藏时间（北京时间）；没有则为 NULL。' CODEC(Delta, ZSTD(1)),
    clicked_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'Asia/Shanghai'))) COMMENT 'Earliest link click of the note in the same time, whether or not it was saved, Asia/Shanghai time; NULL when none. 同一时段内最早的链接点击时间，不论是否收藏（北京时间）；没有则为 NULL。' CODEC(Delta, ZSTD(1)),
    purchased_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'Asia/Shanghai'))) COMMENT 'Earliest payment for the brand in the same time, whether or not the link was clicked, Asia/Shanghai time; NULL when none. 同一时段内该品牌最早的付款时间，不论是否点击（北京时间）；没有则为 NULL。' CODEC(Delta, ZSTD(1)),
    chain_clicked_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'Asia/Shanghai'))) COMMENT 'Earliest link click at or after saved_at: third step of view, save, click, purchase in this order, Asia/Shanghai time; NULL when none. saved_at 当时或之后最早的点击：浏览、收藏、点击、购买顺序漏斗的第三步（北京时间）；没有则为 NULL。' CODEC(Delta, ZSTD(1)),
    chain_purchased_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'Asia/Shanghai'))) COMMENT 'Earliest payment for the brand at or after chain_clicked_at: last step of the ordered funnel, Asia/Shanghai time; NULL when none. chain_clicked_at 当时或之后该品牌最早的付款：顺序漏斗的最后一步（北京时间）；没有则为 NULL。' CODEC(Delta, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(entry_date)
ORDER BY (brand_id, entry_date, note_id, user_id)
COMMENT 'How far each user went with each note, one row per day of viewing once merged: read current_journeys. 用户与笔记的旅程，合并后每个浏览日一行：请查询 current_journeys。';

-- The first step comes from the views themselves. A view that is inserted twice gives its time twice, and the
-- minimum of both is the same.
CREATE MATERIALIZED VIEW IF NOT EXISTS journey_entries TO journeys
(
    brand_id String COMMENT 'Advertiser that the note works for. 笔记所属的品牌（广告主）。',
    entry_date Date COMMENT 'Day of the views, Asia/Shanghai. 浏览日期（北京时间）。',
    note_id String COMMENT 'Note on Xiaohongshu. 小红书笔记。',
    user_id String COMMENT 'Account shared by Xiaohongshu and Taobao. 打通后的用户账号（小红书与淘宝一致）。',
    entered_at DateTime64(3, 'Asia/Shanghai') COMMENT 'Earliest of the views that were inserted together, Asia/Shanghai time, to the millisecond. 同批写入的浏览中最早的时间（北京时间，毫秒）。'
)
AS SELECT brand_id, day AS entry_date, note_id, user_id, min(occurred_at) AS entered_at
FROM touches
WHERE kind = 'view' AND in_time = 1
GROUP BY brand_id, entry_date, note_id, user_id
COMMENT 'Feeds the views of touches that arrived in time into journeys. 将及时到达的浏览写入 journeys。';
