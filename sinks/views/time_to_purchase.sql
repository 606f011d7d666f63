-- seen by: analyst
-- brand: as what it reads
CREATE VIEW time_to_purchase
(
    brand_id String COMMENT items,
    note_id String,
    sub_orders UInt64 COMMENT 'Paid sub-orders that the note touched; those of several notes overlap. 该笔记触达过的子订单数；不同笔记之间有重叠。',
    hours_from_first_p25 Float64,
    hours_from_first_p50 Float64 COMMENT 'The same, median. 同上，中位数。',
    hours_from_first_p75 Float64,
    hours_from_first_p90 Float64,
    hours_from_last_p25 Float64,
    hours_from_last_p50 Float64 COMMENT 'The same, median. 同上，中位数。',
    hours_from_last_p75 Float64,
    hours_from_last_p90 Float64
)
SQL SECURITY INVOKER
AS WITH
    quantilesExactInclusive(0.25, 0.5, 0.75, 0.9)(from_first) AS firsts,
    quantilesExactInclusive(0.25, 0.5, 0.75, 0.9)(from_last) AS lasts
SELECT
    brand_id, note_id,
    count() AS sub_orders,
    firsts[1] AS hours_from_first_p25,
    firsts[2] AS hours_from_first_p50,
    firsts[3] AS hours_from_first_p75,
    firsts[4] AS hours_from_first_p90,
    lasts[1] AS hours_from_last_p25,
    lasts[2] AS hours_from_last_p50,
    lasts[3] AS hours_from_last_p75,
    lasts[4] AS hours_from_last_p90
FROM
(
    SELECT
        brand_id, note_id, platform, sub_order_id,
        max(hours) AS from_first,
        min(hours) AS from_last
    FROM
    (
        SELECT *, (toUnixTimestamp64Milli(paid_at) - toUnixTimestamp64Milli(touched_at)) / 3600000 AS hours
        FROM attribution_credits(model = 'full', lookback_days = {lookback_days:UInt16})
        WHERE touch > 0
    )
    GROUP BY brand_id, note_id, platform, sub_order_id
)
GROUP BY brand_id, note_id
COMMENT 'Time from a note to a purchase, one row per brand and note. 从笔记到成交的时间，每个品牌、每篇笔记一行。';
