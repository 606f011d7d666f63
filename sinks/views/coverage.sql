-- How far the data reach. Paths tell with what lookback workers joined. Where they tell two, rows that were replaced and
-- are not merged yet must not count: only then all are compared. Journeys do not tell it, so neither may workers have
-- joined with less since everything was joined anew. Where nobody tells it, the least that the setting can be is safe.
--
-- seen by: analyst
-- brand: none
CREATE VIEW coverage
(
    newest_day Nullable(Date),
    lookback_days UInt16 COMMENT 'Shortest lookback of the paths that stand, and that workers joined with since all was rebuilt, in days: windows up to it are right; 1, the least that there is, while nothing is known. 现行路径以及自全部重建以来 worker 计算所用的最短回溯天数：不超过它的窗口均准确；未知时为 1（最小值）。',
    oldest_day Date,
    begun_day Date COMMENT 'The first day of the topic that began last, Asia/Shanghai: journeys of before lack its steps. 最晚开始的主题的首日（北京时间）：此前的旅程缺少其步骤。',
    saved_until Nullable(Date) COMMENT 'The last day that note-views and note-saves have passed, Asia/Shanghai: windows that end by then are closed for saves; NULL when one has passed none. note-views 与 note-saves 均已完成的最后一天（北京时间）：至此结束的窗口，收藏不再变化；尚未完成任何一天则为 NULL。',
    clicked_until Nullable(Date) COMMENT 'The same of note-views and link-clicks, for clicks, Asia/Shanghai. 同上，note-views 与 link-clicks，针对点击（北京时间）。',
    bought_until Nullable(Date) COMMENT 'The same of note-views and taobao-purchases, for purchases, Asia/Shanghai. 同上，note-views 与 taobao-purchases，针对购买（北京时间）。'
)
AS WITH
    (SELECT (count(), min(lookback_days), max(lookback_days)) FROM conversions) AS stored,
    multiIf(
        stored.1 = 0, NULL,
        stored.2 = stored.3, stored.2,
        (SELECT min(lookback_days) FROM conversions FINAL WHERE (SELECT min(lookback_days) != max(lookback_days) FROM conversions))
    ) AS paths,
    -- Whatever came before it was joined anew by the last rebuild of everything.
    (
        SELECT max(started_at)
        FROM rebuilds FINAL
        WHERE brand_id = '' AND since <= (SELECT min(day) FROM event_days)
    ) AS rebuilt,
    (SELECT minOrNull(lookback_days) FROM progress WHERE processed_at >= rebuilt) AS workers
SELECT
    nullIf(min(c.passed), toDate(0)) AS newest_day,
    toUInt16(ifNull(least(ifNull(paths, workers), ifNull(workers, paths)), 1)) AS lookback_days,
    ifNull(minIf(c.oldest, topic != 'taobao-purchases'), toDate(0)) AS oldest_day,
    ifNull(max(c.oldest), toDate(0)) AS begun_day,
    nullIf(minIf(c.passed, topic IN ('note-views', 'note-saves')), toDate(0)) AS saved_until,
    nullIf(minIf(c.passed, topic IN ('note-views', 'link-clicks')), toDate(0)) AS clicked_until,
    nullIf(minIf(c.passed, topic IN ('note-views', 'taobao-purchases')), toDate(0)) AS bought_until
-- A topic that has passed no day holds all back.
FROM (SELECT topic, oldest_day AS oldest, ifNull(passed_day, toDate(0)) AS passed FROM coverage_by_topic) AS c
COMMENT 'How far the data reach, one row. 数据覆盖到何时，仅一行。';
