WITH
    paid AS
    (
        SELECT
            brand_id,
            sub_order_id,
            argMin(
                (order_id, user_id, shop_id, item_id, quantity, click_id, occurred_at, too_late),
                (occurred_at, too_late, txn_id)
            ) AS pay
        FROM expected_order_events
        WHERE kind = 'PAY'
        GROUP BY brand_id, sub_order_id
    ),
    touched AS
    (
        -- The number of a kind is its place among equal times: view < save < click.
        SELECT
            brand_id,
            user_id,
            groupArray((occurred_at, indexOf(['view', 'save', 'click'], toString(kind)), note_id, click_id, item_id))
                AS touches
        FROM expected_touches
        WHERE kind != 'unsave' AND NOT too_late
        GROUP BY brand_id, user_id
    ),
    counted AS
    (
        -- 30 days since 1970-01-01 UTC are a bucket.
        SELECT
            brand_id,
            user_id,
            intDiv(toUnixTimestamp64Milli(occurred_at), 30 * 86400000) AS bucket,
            countIf(sub_order_id = '' AND kind != 'unsave') AS touches,
            count() - touches AS others,
            uniqExactIf(sub_order_id, kind = 'PAY') AS sub_orders
        FROM
        (
            SELECT brand_id, user_id, occurred_at, toString(kind) AS kind, '' AS sub_order_id
            FROM expected_touches
            WHERE NOT too_late
            UNION ALL
            SELECT brand_id, user_id, occurred_at, toString(kind), sub_order_id
            FROM expected_order_events
            WHERE NOT too_late
        )
        GROUP BY brand_id, user_id, bucket
    ),
    crowds AS
    (
        SELECT brand_id, user_id, groupArray(bucket) AS crowded
        FROM counted
        WHERE sub_orders > {crowded_sub_orders} OR touches > {crowded_touches} OR others > {crowded_touches}
        GROUP BY brand_id, user_id
    )
SELECT
    brand_id,
    sub_order_id,
    pay.1 AS order_id,
    user_id,
    pay.3 AS shop_id,
    pay.4 AS item_id,
    pay.5 AS quantity,
    pay.6 AS click_id,
    pay.7 AS paid_at,
    arrayExists(touch -> touch.2 = 3 AND touch.5 = item_id, path) AS direct,
    {lookback_days} AS lookback_days,
    path.1 AS `path.occurred_at`,
    arrayMap(number -> ['view', 'save', 'click'][number], path.2) AS `path.kind`,
    path.3 AS `path.note_id`,
    path.5 AS `path.item_id`,
    path.4 AS `path.click_id`,
    in_a_crowd OR length(reachable) > 500 AS path_truncated,
    pay.8 AS path_incomplete
FROM
(
    SELECT
        brand_id,
        sub_order_id,
        pay,
        user_id,
        arraySort(
            arrayFilter(
                touch -> touch.1 BETWEEN pay.7 - INTERVAL {lookback_days} DAY AND pay.7,
                touches
            )
        ) AS reachable,
        -- The state may have forgotten the crowd before a payment that is too late.
        arrayExists(
            bucket -> bucket * 30 * 86400000 <= toUnixTimestamp64Milli(pay.7)
                AND (bucket + 1) * 30 * 86400000 > toUnixTimestamp64Milli(pay.7 - INTERVAL {lookback_days} DAY),
            crowded
        ) AND NOT pay.8 AS in_a_crowd,
        arraySlice(reachable, greatest(length(reachable) - 499, 1), if(in_a_crowd, 0, 500)) AS path
    FROM (SELECT *, pay.2 AS user_id FROM paid) AS paid
    LEFT JOIN touched USING (brand_id, user_id)
    LEFT JOIN crowds USING (brand_id, user_id)
)
