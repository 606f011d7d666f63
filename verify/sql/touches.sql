SELECT
    brand_id,
    note_id,
    toDate(occurred_at) AS day,
    kind,
    user_id,
    occurred_at,
    ifNull(click_id, '') AS click_id,
    item_id,
    surface,
    promoted,
    dwell_ms,
    placement,
    too_late,
    published_at
FROM {events}
WHERE topic != 'taobao-purchases'
