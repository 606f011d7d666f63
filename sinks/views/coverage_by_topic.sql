-- A topic has passed a day when events of two users lie behind it: one clock alone moves nothing. So what counts is the
-- newest day with a mark that is not that of the newest event's only user.
--
-- seen by: analyst
-- brand: none
CREATE VIEW coverage_by_topic
(
    topic LowCardinality(String),
    oldest_day Date COMMENT 'Day of its oldest event, Asia/Shanghai. 最早事件的日期（北京时间）。',
    newest_day Date COMMENT 'Day of its newest event, Asia/Shanghai. 最新事件的日期（北京时间）。',
    passed_day Nullable(Date),
    trails Nullable(Int32) COMMENT 'Days that it is behind the furthest topic; NULL where it has passed no day. 比进度最快的主题落后的天数；尚未完成任何一天则为 NULL。'
)
AS SELECT
    topic,
    min(d.day) AS oldest_day,
    max(d.day) AS newest_day,
    maxOrNullIf(d.day, d.least != d.newest_mark OR d.greatest != d.newest_mark) - 1 AS passed_day,
    max(passed_day) OVER () - passed_day AS trails
FROM
(
    SELECT
        topic, day, least, greatest,
        argMax(least, day) OVER (PARTITION BY topic) AS newest_mark
    FROM
    (
        SELECT topic, day, min(least_mark) AS least, max(greatest_mark) AS greatest
        FROM event_days
        GROUP BY topic, day
    )
) AS d
GROUP BY topic
COMMENT 'How far the events of each topic reach, one row per topic that had any. 各主题的数据覆盖范围，每个有事件的主题一行。';
