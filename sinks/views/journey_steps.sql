-- seen by: analyst
-- brand: as what it reads
CREATE VIEW journey_steps
(
    brand_id String COMMENT note,
    entry_date Date,
    note_id String,
    user_id String,
    saved Bool,
    clicked Bool,
    bought Bool,
    chain_clicked Bool,
    chain_bought Bool,
    open Bool
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
