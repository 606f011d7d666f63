-- How far the data reach. The days of touches are known without reading them: the months are their partitions.
CREATE VIEW IF NOT EXISTS coverage
(
    newest_day Date COMMENT 'Day of the newest event, Asia/Shanghai; 1970-01-01 when there is none. 最新事件的日期（北京时间）；没有事件则为 1970-01-01。',
    lookback_days UInt16 COMMENT 'Shortest lookback that paths were stored with, in days; 90 when there are none. 已存路径的最短回溯天数；没有则为 90。'
)
AS SELECT
    greatest((SELECT max(day) FROM touches), (SELECT toDate(max(occurred_at)) FROM order_events)) AS newest_day,
    (SELECT if(count() = 0, 90, min(lookback_days)) FROM conversions) AS lookback_days
COMMENT 'How far the data reach, one row. 数据覆盖到何时，仅一行。';

CREATE VIEW IF NOT EXISTS journey_steps
(
    brand_id String COMMENT 'Advertiser that the note works for. 笔记所属的品牌（广告主）。',
    entry_date Date COMMENT 'Day on which the user viewed the note, Asia/Shanghai. 用户浏览笔记的日期（北京时间）。',
    note_id String COMMENT 'Note on Xiaohongshu. 小红书笔记。',
    user_id String COMMENT 'Account shared by Xiaohongshu and Taobao. 打通后的用户账号（小红书与淘宝一致）。',
    saved Bool COMMENT 'The note was saved within the window. 窗口内收藏了该笔记。',
    clicked Bool COMMENT 'Its link was clicked within the window, saved or not. 窗口内点击了链接，无论是否收藏。',
    bought Bool COMMENT 'Something of the brand was paid within the window, clicked or not. 窗口内购买了该品牌，无论是否点击。',
    chain_clicked Bool COMMENT 'Its link was clicked within the window after it was saved. 窗口内先收藏、再点击。',
    chain_bought Bool COMMENT 'Something of the brand was paid within the window after the note was saved and then clicked. 窗口内先收藏、再点击、再购买。',
    open Bool COMMENT 'The window has not ended: more may follow. 窗口尚未结束，后续仍可能发生。'
)
SQL SECURITY INVOKER
AS WITH
    entry_date + 1 + {lookback_days:UInt16} AS last_day,
    toDateTime64(last_day, 3, 'Asia/Shanghai') AS window_end
SELECT
    brand_id, entry_date, note_id, user_id,
    CAST(ifNull(saved_at < window_end, 0) AS Bool) AS saved,
    CAST(ifNull(clicked_at < window_end, 0) AS Bool) AS clicked,
    CAST(ifNull(purchased_at < window_end, 0) AS Bool) AS bought,
    CAST(saved AND ifNull(chain_clicked_at < window_end, 0) AS Bool) AS chain_clicked,
    CAST(chain_clicked AND ifNull(chain_purchased_at < window_end, 0) AS Bool) AS chain_bought,
    CAST((SELECT newest_day FROM coverage) < last_day AS Bool) AS open
FROM current_journeys
WHERE NOT throwIf({lookback_days:UInt16} > (SELECT lookback_days FROM coverage), 'lookback_days is more than journeys were stored with: SELECT lookback_days FROM coverage says how far they reach.')
COMMENT 'Which steps a user took with a note within a window that begins on the day of viewing and ends lookback_days after that day, one row per brand, note, user and day. 用户浏览笔记后在窗口内完成了哪些步骤，每个品牌、笔记、用户、浏览日一行。';

CREATE VIEW IF NOT EXISTS funnel
(
    brand_id String COMMENT 'Advertiser that the note works for. 笔记所属的品牌（广告主）。',
    note_id String COMMENT 'Note on Xiaohongshu. 小红书笔记。',
    entry_date Date COMMENT 'Day on which the users viewed the note, Asia/Shanghai. 用户浏览笔记的日期（北京时间）。',
    viewers UInt64 COMMENT 'People who viewed the note on that day. 当日浏览该笔记的人数。',
    savers UInt64 COMMENT 'Of these, people who saved it within the window. 其中窗口内收藏的人数。',
    clickers UInt64 COMMENT 'Of the viewers, people who clicked its link within the window. 浏览者中窗口内点击链接的人数。',
    buyers UInt64 COMMENT 'Of the viewers, people who bought from the brand within the window. 浏览者中窗口内购买该品牌的人数。',
    chain_clickers UInt64 COMMENT 'Of the savers, people who clicked after they had saved. 收藏者中随后点击的人数。',
    chain_buyers UInt64 COMMENT 'Of the chain clickers, people who bought after they had clicked. 收藏并点击者中随后购买的人数。',
    save_rate Float64 COMMENT 'savers / viewers. 收藏率：收藏人数 / 浏览人数。',
    click_rate Float64 COMMENT 'clickers / viewers. 点击率：点击人数 / 浏览人数。',
    buy_rate Float64 COMMENT 'buyers / viewers. 购买率：购买人数 / 浏览人数。',
    chain_click_rate Nullable(Float64) COMMENT 'chain_clickers / savers; NULL without savers. 收藏后点击率；无人收藏则为 NULL。',
    chain_buy_rate Nullable(Float64) COMMENT 'chain_buyers / chain_clickers; NULL without chain clickers. 点击后购买率；无人点击则为 NULL。',
    open_share Float64 COMMENT 'Share of the viewers whose window has not ended at the newest event: what they have not done may still come. 窗口尚未结束的浏览者占比：未完成的步骤仍可能发生。'
)
SQL SECURITY INVOKER
AS SELECT
    brand_id, note_id, entry_date,
    count() AS viewers,
    countIf(saved) AS savers,
    countIf(clicked) AS clickers,
    countIf(bought) AS buyers,
    countIf(chain_clicked) AS chain_clickers,
    countIf(chain_bought) AS chain_buyers,
    savers / viewers AS save_rate,
    clickers / viewers AS click_rate,
    buyers / viewers AS buy_rate,
    if(savers = 0, NULL, chain_clickers / savers) AS chain_click_rate,
    if(chain_clickers = 0, NULL, chain_buyers / chain_clickers) AS chain_buy_rate,
    countIf(open) / viewers AS open_share
FROM journey_steps(lookback_days = {lookback_days:UInt16})
GROUP BY brand_id, note_id, entry_date
COMMENT 'People by step, one row per brand, note and day of viewing; do not add people up over notes or days, count them in journey_steps. 各步骤人数，每个品牌、笔记、浏览日一行；跨笔记或跨日请在 journey_steps 中去重计数，勿相加。';
