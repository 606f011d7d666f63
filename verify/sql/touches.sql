SELECT
    any(brand_id) AS brand_id,
    any(note_id) AS note_id,
    toDate(occurred_at) AS day,
    any(kind) AS kind,
    any(user_id) AS user_id,
    fromUnixTimestamp64Milli(any(d.occurred_at), 'Asia/Shanghai') AS occurred_at,
    any(ifNull(d.click_id, '')) AS click_id,
    any(item_id) AS item_id,
    any(surface) AS surface,
    any(promoted) AS promoted,
    any(dwell_ms) AS dwell_ms,
    any(placement) AS placement,
    max(in_time) = 0 AS too_late
FROM expected_deliveries AS d
WHERE reason = '' AND topic != 'taobao-purchases'
GROUP BY topic, identity
