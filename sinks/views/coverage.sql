-- How far the data reach. The days of touches are known without reading them: the months are their partitions.
--
-- seen by: analyst
-- brand: none
CREATE VIEW coverage
(
    newest_day Date,
    lookback_days UInt16 COMMENT 'Shortest lookback that paths were stored with, in days; 90 when there are none. 已存路径的最短回溯天数；没有则为 90。'
)
AS SELECT
    greatest(ifNull((SELECT max(day) FROM touches), toDate(0)), ifNull((SELECT toDate(max(occurred_at)) FROM order_events), toDate(0))) AS newest_day,
    ifNull((SELECT if(count() = 0, 90, min(lookback_days)) FROM conversions), 90) AS lookback_days
COMMENT 'How far the data reach, one row. 数据覆盖到何时，仅一行。';
