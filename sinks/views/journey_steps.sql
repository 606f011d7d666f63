CREATE OR REPLACE VIEW journey_steps
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
