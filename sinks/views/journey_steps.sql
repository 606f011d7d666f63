-- A step is closed when the topics that can still change it have passed the last day of its window: views, as one that
-- comes late begins a journey earlier, and the topic of the step itself.
--
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
    open Bool,
    saved_open Bool,
    clicked_open Bool,
    bought_open Bool,
    left_edge Bool
)
SQL SECURITY INVOKER
AS WITH
    -- Asked once, whatever is selected.
    (SELECT (lookback_days, saved_until, clicked_until, bought_until, begun_day) FROM coverage) AS known,
    entry_date + {window_days:UInt16} AS last_day,
    toDateTime64(last_day + 1, 3, 'Asia/Shanghai') AS window_end
SELECT
    brand_id, entry_date, note_id, user_id,
    CAST(ifNull(saved_at < window_end, 0) AS Bool) AS saved,
    CAST(ifNull(clicked_at < window_end, 0) AS Bool) AS clicked,
    CAST(ifNull(purchased_at < window_end, 0) AS Bool) AS bought,
    CAST(saved AND ifNull(chain_clicked_at < window_end, 0) AS Bool) AS chain_clicked,
    CAST(chain_clicked AND ifNull(chain_purchased_at < window_end, 0) AS Bool) AS chain_bought,
    CAST(saved_open OR clicked_open OR bought_open AS Bool) AS open,
    CAST(ifNull(known.2 < last_day, 1) AS Bool) AS saved_open,
    CAST(ifNull(known.3 < last_day, 1) AS Bool) AS clicked_open,
    CAST(ifNull(known.4 < last_day, 1) AS Bool) AS bought_open,
    CAST(entry_date < known.5 AS Bool) AS left_edge
FROM current_journeys
WHERE NOT throwIf({window_days:UInt16} > known.1, 'window_days is more than journeys were stored with: SELECT lookback_days FROM coverage says how far they reach.')
COMMENT 'Which steps a user took with a note within a window that begins on the day of viewing and ends window_days after that day, one row per brand, note, user and day. 用户浏览笔记后在窗口内完成了哪些步骤，每个品牌、笔记、用户、浏览日一行。';
