-- What states hold of touches, of some users.
SELECT
    user_id, brand_id, toUnixTimestamp64Milli(occurred_at) AS at, toInt8(kind) AS number, note_id, promoted,
    toString(surface) AS surface, click_id, item_id, too_late
FROM touches FINAL
WHERE {users} AND {touched}
