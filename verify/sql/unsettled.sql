-- Users of events that the group had not committed, and of others that are the same event, or of the same sub-order, as
-- one of these: either may stand.
SELECT user_id
FROM unread_judged
WHERE reason = ''
UNION DISTINCT
SELECT user_id
FROM expected_judged
WHERE reason = '' AND
(
    (topic, identity) IN (SELECT topic, identity FROM unread_judged WHERE reason = '')
    OR topic = 'taobao-purchases' AND (brand_id, sub_order_id) IN
    (
        SELECT brand_id, sub_order_id
        FROM unread_judged
        WHERE reason = '' AND topic = 'taobao-purchases'
    )
)
