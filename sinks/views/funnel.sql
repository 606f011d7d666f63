-- seen by: analyst
-- brand: as what it reads
CREATE VIEW funnel
(
    brand_id String COMMENT note,
    note_id String,
    entry_date Date COMMENT 'Day on which the users viewed the note, Asia/Shanghai. 用户浏览笔记的日期（北京时间）。',
    viewers UInt64,
    savers UInt64,
    clickers UInt64,
    buyers UInt64,
    chain_clickers UInt64,
    chain_buyers UInt64,
    save_rate Float64,
    click_rate Float64,
    buy_rate Float64,
    chain_click_rate Nullable(Float64),
    chain_buy_rate Nullable(Float64),
    open_share Float64,
    left_edge Bool
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
    countIf(open) / viewers AS open_share,
    max(s.left_edge) AS left_edge
FROM journey_steps(window_days = {window_days:UInt16}) AS s
GROUP BY brand_id, note_id, entry_date
COMMENT 'People by step, one row per brand, note and day of viewing; do not add people up over notes or days, count them in journey_steps. 各步骤人数，每个品牌、笔记、浏览日一行；跨笔记或跨日请在 journey_steps 中去重计数，勿相加。';
