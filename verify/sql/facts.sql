-- The facts in the tables, by the identity that `judged` gives to messages. Of an order line only its least time is there.
SELECT
    multiIf(kind = 'view', 'note-views', kind = 'click', 'link-clicks', 'note-saves') AS topic,
    if(
        kind = 'click',
        click_id,
        toString((toString(kind), user_id, note_id, toUnixTimestamp64Milli(f.occurred_at)))
    ) AS identity,
    toUnixTimestamp64Milli(f.occurred_at) AS occurred_at,
    true AS taken,
    too_late AS found_late,
    toUnixTimestamp64Milli(published_at) AS found_published
FROM live_touches AS f
UNION ALL
SELECT
    'taobao-purchases',
    toString((toString(platform), txn_id, toString(kind))),
    toUnixTimestamp64Milli(f.occurred_at),
    true,
    too_late,
    toUnixTimestamp64Milli(published_at)
FROM live_order_events AS f
