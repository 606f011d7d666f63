-- The paths of one brand: by sub-order, those of the orders in the days, without touches for an organic one, but none
-- whose touches are unknown; and by user, with no sub_order_id, the touches in the days that came before no payment,
-- within the lookback. Who has a crowded order is no person (docs/definitions.md §9), and has no path.
WITH
    paid AS
    (
        SELECT
            platform, sub_order_id, user_id, gross_fen, refunded_fen,
            touch.1 AS occurred_at, touch.2 AS kind, touch.3 AS note_id, touch.4 AS click_id
        FROM conversions_with_amounts
        LEFT ARRAY JOIN arrayFilter(
            t -> toUnixTimestamp64Milli(t.1) >= toUnixTimestamp64Milli(paid_at) - 86400000 * %(lookback_days)s,
            arrayZip(`path.occurred_at`, arrayMap(k -> toInt8(k), `path.kind`), `path.note_id`, `path.click_id`)
        ) AS touch
        WHERE brand_id = %(brand)s AND {paid_days} AND NOT {unknown}
    ),
    payments AS
    (
        SELECT user_id, groupArray(toUnixTimestamp64Milli(paid_at)) AS paid_ms, max({crowded}) AS no_person
        FROM current_conversions
        WHERE brand_id = %(brand)s
        GROUP BY user_id
    ),
    unpaid AS
    (
        SELECT
            '' AS platform, '' AS sub_order_id, t.user_id AS user_id, toInt64(0) AS gross_fen, toInt64(0) AS refunded_fen,
            t.occurred_at AS occurred_at, toInt8(t.kind) AS kind, t.note_id AS note_id, t.click_id AS click_id
        FROM current_touches AS t
        LEFT JOIN payments AS p ON p.user_id = t.user_id
        WHERE t.brand_id = %(brand)s AND {touch_days} AND t.kind != 'unsave' AND NOT p.no_person
            AND NOT arrayExists(
                ms -> toUnixTimestamp64Milli(t.occurred_at) BETWEEN ms - 86400000 * %(lookback_days)s AND ms, p.paid_ms)
    ),
    touched AS
    (
        SELECT * FROM paid
        UNION ALL
        SELECT * FROM unpaid WHERE {with_unpaid}
    ),
    channel_paths AS
    (
        -- The order of touches is that of the tuples.
        SELECT
            sub_order_id,
            any(gross_fen) AS gross_fen,
            any(refunded_fen) AS refunded_fen,
            arrayMap(t -> t.5, arraySort(
                groupArrayIf((occurred_at, kind, note_id, click_id, {channel}), note_id != ''))) AS channels
        FROM touched
        {views}
        GROUP BY user_id, platform, sub_order_id
    )
