CREATE OR REPLACE VIEW funnel
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
