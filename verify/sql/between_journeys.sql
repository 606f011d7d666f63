-- Journeys that lack late events, or some of them: each time lies between those with all and those without the missed.
-- Views come to journeys as facts do, so a journey may only be missing where they were written by a former version.
SELECT brand_id, entry_date, note_id, user_id
FROM
(
    SELECT
        brand_id,
        entry_date,
        note_id,
        user_id,
        side,
        arrayMap(
            time -> ifNull(toUnixTimestamp64Milli(time), 9223372036854775807),
            [toNullable(entered_at), saved_at, clicked_at, purchased_at, chain_clicked_at, chain_purchased_at]
        ) AS times
    FROM
    (
        SELECT *, 'all' AS side FROM expected_journeys
        UNION ALL
        SELECT *, 'live' FROM live_journeys
        UNION ALL
        SELECT *, 'least' FROM least_journeys
    )
    WHERE (brand_id, user_id) IN (SELECT brand_id, user_id FROM expected_events WHERE late)
)
GROUP BY brand_id, entry_date, note_id, user_id
HAVING countIf(side = 'all') = 1 AND
    if(
        countIf(side = 'live') = 0,
        countIf(side = 'least') = 0 AND (brand_id, entry_date, note_id, user_id) NOT IN
        (
            SELECT brand_id, toDate(occurred_at), note_id, user_id
            FROM expected_events
            WHERE kind = 'view' AND NOT former
        ),
        countIf(side = 'live') = 1 AND anyIf(times, side = 'live') != anyIf(times, side = 'all') AND arrayAll(
            (first, time, last) -> time BETWEEN first AND last,
            anyIf(times, side = 'all'),
            anyIf(times, side = 'live'),
            if(
                countIf(side = 'least') = 0,
                arrayWithConstant(6, 9223372036854775807),
                anyIf(times, side = 'least')
            )
        )
    )
