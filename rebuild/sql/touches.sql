-- Touches of users of a part who did more than to look: views alone tell their journeys themselves.
SELECT
    brand_id, user_id, toUnixTimestamp64Milli(occurred_at) AS at, toInt8(kind) AS number, note_id, click_id, item_id,
    promoted, toString(surface) AS surface
FROM touches FINAL
WHERE {users} AND {touched} AND kind != 'unsave' AND {crowd}
    AND (brand_id, user_id) IN
    (
        SELECT brand_id, user_id
        FROM touches
        WHERE {users} AND {touched} AND kind IN ('save', 'click')
        UNION DISTINCT
        SELECT brand_id, user_id
        FROM order_events
        WHERE {users} AND {read} AND kind = 'PAY'
    )
ORDER BY brand_id, user_id, at, number, note_id, click_id
