-- docs/definitions.md §6. Of what was stamped again, each time counts.
WITH
    entries AS
    (
        SELECT
            brand_id,
            toDate(occurred_at) AS entry_date,
            note_id,
            user_id,
            min(occurred_at) AS entered_at,
            toDateTime64(entry_date + 1 + {lookback_days}, 3, 'Asia/Shanghai') AS horizon
        FROM {events}
        WHERE kind = 'view'
        GROUP BY brand_id, entry_date, note_id, user_id
    ),
    actions AS
    (
        SELECT
            brand_id,
            note_id,
            user_id,
            groupArrayIf(occurred_at, kind = 'save') AS saves,
            groupArrayIf(occurred_at, kind = 'click') AS clicks
        FROM {events}
        WHERE kind IN ('save', 'click')
        GROUP BY brand_id, note_id, user_id
    ),
    payments AS
    (
        SELECT brand_id, user_id, groupArray(occurred_at) AS pays
        FROM {events}
        WHERE kind = 'PAY'
        GROUP BY brand_id, user_id
    )
SELECT
    brand_id,
    entry_date,
    note_id,
    user_id,
    entered_at,
    arrayReduce('minOrNull', arrayFilter(t -> t >= entered_at AND t < horizon, saves)) AS saved_at,
    arrayReduce('minOrNull', arrayFilter(t -> t >= entered_at AND t < horizon, clicks)) AS clicked_at,
    arrayReduce('minOrNull', arrayFilter(t -> t >= entered_at AND t < horizon, pays)) AS purchased_at,
    arrayReduce('minOrNull', arrayFilter(t -> ifNull(t >= saved_at, false) AND t < horizon, clicks))
        AS chain_clicked_at,
    arrayReduce('minOrNull', arrayFilter(t -> ifNull(t >= chain_clicked_at, false) AND t < horizon, pays))
        AS chain_purchased_at
FROM entries
LEFT JOIN actions USING (brand_id, note_id, user_id)
LEFT JOIN payments USING (brand_id, user_id)
