-- seen by: analyst
-- brand: as what it reads
CREATE VIEW bridge
(
    brand_id String COMMENT items,
    step UInt8,
    item String,
    amount_fen Int64 COMMENT 'In fen (1/100 CNY). The last item is the sum of those before it. 金额，单位分；最后一项为前面各项之和。'
)
SQL SECURITY INVOKER
AS SELECT brand_id, toUInt8(i.1) AS step, i.2 AS item, i.3 AS amount_fen
FROM
(
    SELECT
        brand_id,
        sumIf(net_fen, report = 'ours' AND paid) AS net,
        sumIf(gross_fen, report = 'ours' AND paid) AS gross,
        sumIf(gross_fen, report = 'their window' AND paid) AS in_their_window,
        sumIf(gross_fen, report = 'in full' AND paid) AS in_full,
        sumIf(gross_fen, report = 'in full' AND if({platform_day:String} = 'touch', touched, paid)) AS theirs
    FROM
    (
        SELECT *, paid_date BETWEEN {since:Date} AND {until:Date} AS paid, touch_date BETWEEN {since:Date} AND {until:Date} AS touched
        FROM
        (
            SELECT 'ours' AS report, * FROM attribution(model = {model:String}, lookback_days = {lookback_days:UInt16})
            UNION ALL
            SELECT 'their window', * FROM attribution(model = {model:String}, lookback_days = {platform_days:UInt16})
            UNION ALL
            SELECT 'in full', * FROM attribution(model = 'full', lookback_days = {platform_days:UInt16})
        )
        WHERE note_id != '' AND (paid OR touched)
    )
    WHERE NOT throwIf({platform_day:String} NOT IN ('touch', 'payment'), 'platform_day is touch or payment: the day on which the platform counts an order.')
    GROUP BY brand_id
)
ARRAY JOIN
[
    (1, 'Net credit of notes, by model and window', net),
    (2, 'Refunds, which are not deducted there', gross - net),
    (3, 'The window there', in_their_window - gross),
    (4, 'Whole orders for every note that touched them', in_full - in_their_window),
    (5, 'Counted on the day of the touch instead of the payment', theirs - in_full),
    (6, 'What the platform would report', theirs)
] AS i
COMMENT 'From our credited amounts to the figure that a platform would report, item by item, one row per brand and item. 从本系统归因金额到平台报表口径，逐项调节，每个品牌、每个项目一行。';
