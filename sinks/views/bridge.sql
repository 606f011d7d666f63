-- The platform's window is of whole days, ours of 24 hours each: a payment on the evening of the last day, after a view
-- in the morning, is in theirs. So a path must reach back a day more than their window has.
--
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
    SELECT brand_id, sum(b.net) AS net, sum(b.gross) AS gross, sum(b.in_their_window) AS in_their_window, sum(b.in_full) AS in_full, sum(b.theirs) AS theirs
    FROM
    (
        SELECT brand_id, a.net_fen AS net, a.gross_fen AS gross, toInt64(0) AS in_their_window, toInt64(0) AS in_full, toInt64(0) AS theirs
        FROM attribution(model = {model:String}, lookback_days = {lookback_days:UInt16}) AS a
        WHERE note_id != '' AND paid_date BETWEEN {since:Date} AND {until:Date}
        UNION ALL
        SELECT
            brand_id, 0, 0,
            -- What is credited of an order adds up to the order, under every model but those.
            toInt64(gross_fen * if({model:String} IN ({{ not_adding_up | literals }}), paid_notes, paid_notes > 0)),
            toInt64(gross_fen * paid_notes),
            toInt64(gross_fen * if({platform_day:String} = 'touch', touched_notes, paid_notes))
        FROM
        (
            SELECT
                brand_id, gross_fen,
                arrayCount(t -> toDate(paid_at) - toDate(t) <= {platform_days:UInt16}, `path.occurred_at`) AS n,
                -- Touches are in order: those in the window are the last ones.
                arraySlice(`path.occurred_at`, -n, n) AS times,
                arraySlice(`path.note_id`, -n, n) AS notes,
                if(toDate(paid_at) BETWEEN {since:Date} AND {until:Date}, length(arrayDistinct(notes)), 0) AS paid_notes,
                -- The platform's day of a touch is that of the note's last one.
                arrayCount(note -> toDate(times[arrayLastIndex(other -> other = note, notes)]) BETWEEN {since:Date} AND {until:Date}, arrayDistinct(notes)) AS touched_notes
            FROM conversions_with_amounts
            WHERE NOT throwIf({platform_days:UInt16} >= greatest(lookback_days, 1), 'platform_days counts whole days, so paths must reach back a day more: it is to be less than column lookback_days of current_conversions.')
        )
        WHERE paid_notes > 0 OR touched_notes > 0
    ) AS b
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
COMMENT 'From our credited amounts to the figure that a platform would report, item by item, one row per brand and item; platform_days are whole days before that of payment. 从本系统归因金额到平台报表口径，逐项调节，每个品牌、每个项目一行；platform_days 按自然日计。';
