-- Users of events that were published with two contents under one identity: either may stand. Several times are none:
-- an id that is stamped again is the same event.
SELECT DISTINCT arrayJoin(users) AS user_id
FROM
(
    SELECT groupUniqArray(user_id) AS users
    FROM expected_judged
    WHERE reason = ''
    GROUP BY topic, identity
    -- As text, because NULLs would not be counted.
    HAVING uniqExact(
        toString(
            (
                user_id, brand_id, note_id, surface, promoted, dwell_ms, click_id, item_id, placement,
                order_id, sub_order_id, shop_id, kind, quantity, amount_fen
            )
        )
    ) > 1
)
