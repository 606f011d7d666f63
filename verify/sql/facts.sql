-- The facts in the tables, by the identity that `judged` gives to messages.
SELECT
    multiIf(kind = 'view', 'note-views', kind = 'click', 'link-clicks', 'note-saves') AS topic,
    if(
        kind = 'click',
        click_id,
        toString((toString(kind), user_id, note_id, toUnixTimestamp64Milli(occurred_at)))
    ) AS identity,
    too_late
FROM copied_touches
UNION ALL
SELECT 'taobao-purchases', txn_id, too_late
FROM copied_order_events
