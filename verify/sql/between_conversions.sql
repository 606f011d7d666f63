-- Conversions that lack late events, or some of them: the version, which counts them, is below that of all events and not
-- below that of the events that are not missed; and what stands in the row is a payment of the sub-order and touches
-- before it. A payment that is late is joined nevertheless, so a conversion may only be missing where a former version
-- wrote its payments. Where messages expired unread, rows have all that was read and say that they may lack some.
SELECT brand_id, platform, sub_order_id
FROM
(
    SELECT
        brand_id,
        platform,
        sub_order_id,
        user_id,
        version AS most,
        (brand_id, user_id) IN (SELECT brand_id, user_id FROM expected_events WHERE late) AS is_late
    FROM expected_conversions
    WHERE is_late OR paid_at - INTERVAL {lookback_days} DAY < (SELECT max(behind) FROM copied_gaps)
) AS e
LEFT JOIN
(
    SELECT brand_id, platform, sub_order_id, version AS without_missed
    FROM least_conversions
) AS m USING (brand_id, platform, sub_order_id)
LEFT JOIN
(
    SELECT
        brand_id,
        platform,
        sub_order_id,
        count() AS copies,
        any(c.version) AS found,
        any(c.paid_at) AS paid_at,
        any((order_id, user_id, shop_id, c.item_id, quantity, ifNull(click_id, ''), c.paid_at)) AS payment,
        any(
            arrayZip(
                `path.occurred_at`,
                arrayMap(kind -> toString(kind), `path.kind`),
                `path.note_id`,
                `path.item_id`,
                `path.click_id`
            )
        ) AS path,
        any(c.item_id) AS item_id,
        any(c.newest_click_at) AS newest_click_at,
        any(c.newest_item_click_at) AS newest_item_click_at,
        any(c.path_incomplete) AS path_incomplete,
        any(c.lookback_days) AS lookback_days
    FROM live_conversions AS c
    GROUP BY brand_id, platform, sub_order_id
) AS l USING (brand_id, platform, sub_order_id)
LEFT JOIN
(
    SELECT
        brand_id,
        platform,
        sub_order_id,
        groupArray((order_id, user_id, shop_id, item_id, quantity, ifNull(click_id, ''), occurred_at)) AS payments,
        min(former) AS all_former
    FROM expected_events
    WHERE kind = 'PAY'
    GROUP BY brand_id, platform, sub_order_id
) AS p USING (brand_id, platform, sub_order_id)
LEFT JOIN
(
    SELECT
        brand_id,
        user_id,
        groupArray((occurred_at, toString(kind), note_id, item_id, ifNull(click_id, ''))) AS touches
    FROM expected_events
    WHERE kind IN ('view', 'save', 'click')
    GROUP BY brand_id, user_id
) AS t USING (brand_id, user_id)
WHERE if(
    copies = 0,
    is_late AND without_missed = 0 AND all_former,
    copies = 1
    -- Paid_at and the number of events; what is above them in all is complete, which these need not be.
    AND bitShiftRight(found, 17) >= bitShiftRight(if(is_late, without_missed, most), 17)
    AND found < most
    AND bitShiftRight(found, 81) = toUInt128(140737488355327 - toUnixTimestamp64Milli(paid_at))
    AND bitAnd(bitShiftRight(found, 17), toUInt128(18446744073709551615)) > length(path)
    AND bitAnd(found, toUInt128(131071)) = toUInt128(if(path_incomplete, 0, 65536) + lookback_days)
    AND lookback_days = {lookback_days}
    AND has(payments, payment)
    AND hasAll(
        arrayFilter(touch -> touch.1 BETWEEN paid_at - INTERVAL {lookback_days} DAY AND paid_at, touches),
        path
    )
    AND (newest_click_at IS NULL OR arrayExists(touch -> touch.1 = newest_click_at AND touch.2 = 'click', touches))
    AND (
        newest_item_click_at IS NULL
        OR arrayExists(
            touch -> touch.1 = newest_item_click_at AND touch.2 = 'click' AND touch.4 = item_id,
            touches
        )
    )
)
