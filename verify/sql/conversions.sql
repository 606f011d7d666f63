-- docs/definitions.md §4, §9.
WITH
    paid AS
    (
        SELECT
            brand_id,
            platform,
            sub_order_id,
            argMin(
                (order_id, user_id, shop_id, item_id, quantity, click_id, occurred_at),
                (occurred_at, txn_id)
            ) AS pay,
            groupArray((user_id, occurred_at)) AS pays
        FROM {events}
        WHERE kind = 'PAY'
        GROUP BY brand_id, platform, sub_order_id
    ),
    touched AS
    (
        SELECT
            brand_id,
            user_id,
            groupArray((occurred_at, step, note_id, click_id, item_id, promoted, surface, stamped_before)) AS touches
        FROM
        (
            -- The number of a kind is its place among equal times: view < save < click.
            SELECT
                *,
                indexOf(['view', 'save', 'click'], toString(kind)) AS step,
                -- A click counts once in a window: not where it was stamped before in the same one. 1970 for the first.
                if(
                    kind = 'click',
                    lagInFrame(occurred_at) OVER
                    (
                        PARTITION BY brand_id, user_id, kind, click_id
                        ORDER BY occurred_at, note_id
                        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
                    ),
                    toDateTime64(0, 3, 'Asia/Shanghai')
                ) AS stamped_before
            FROM (SELECT * REPLACE (ifNull(click_id, '') AS click_id) FROM {events})
            WHERE kind IN ('view', 'save', 'click')
        )
        GROUP BY brand_id, user_id
    ),
    counted AS
    (
        -- 30 days since 1970-01-01 UTC are a bucket.
        SELECT
            brand_id,
            user_id,
            intDiv(toUnixTimestamp64Milli(occurred_at), 30 * 86400000) AS bucket,
            countIf(kind IN ('view', 'save', 'click')) AS touches,
            count() - touches AS others,
            uniqExactIf((platform, sub_order_id), kind = 'PAY') AS sub_orders
        FROM {events}
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
    platform,
    sub_order_id,
    pay.1 AS order_id,
    user_id,
    pay.3 AS shop_id,
    pay.4 AS item_id,
    pay.5 AS quantity,
    pay.6 AS click_id,
    paid_at,
    arrayReduce('maxOrNull', arrayMap(click -> click.1, clicks)) AS newest_click_at,
    arrayReduce('maxOrNull', arrayMap(click -> click.1, arrayFilter(click -> click.5 = item_id, clicks)))
        AS newest_item_click_at,
    {lookback_days} AS lookback_days,
    path.1 AS `path.occurred_at`,
    arrayMap(number -> ['view', 'save', 'click'][number], path.2) AS `path.kind`,
    path.3 AS `path.note_id`,
    path.5 AS `path.item_id`,
    path.4 AS `path.click_id`,
    -- The view by which a note was found: of a view itself, of others the latest before it in the path; 0 for none.
    arrayMap(
        (touch, at) -> if(
            touch.2 = 1,
            at,
            arrayLastIndex(other -> other.2 = 1 AND other.3 = touch.3, arraySlice(path, 1, at - 1))
        ),
        path,
        arrayEnumerate(path)
    ) AS views,
    arrayMap(at -> at > 0 AND path[greatest(at, 1)].6, views) AS `path.promoted`,
    arrayMap(at -> if(at > 0, toString(path[greatest(at, 1)].7), 'OTHER'), views) AS `path.surface`,
    in_a_crowd OR length(touches_once) > 500 AS path_truncated,
    -- Incomplete are rows of late events only: see between_conversions.
    false AS path_incomplete,
    bitShiftLeft(toUInt128(140737488355327 - toUnixTimestamp64Milli(paid_at)), 81)
        + bitShiftLeft(
            toUInt128(
                if(in_a_crowd, 18446744073709551615, toUInt64(length(reached) + countEqual(pays, (user_id, paid_at))))
            ),
            17
        )
        + bitShiftLeft(toUInt128(1), 16)
        + {lookback_days} AS version
FROM
(
    SELECT
        *,
        pay.7 AS paid_at,
        paid_at - INTERVAL {lookback_days} DAY AS since,
        arrayExists(
            bucket -> bucket * 30 * 86400000 <= toUnixTimestamp64Milli(paid_at)
                AND (bucket + 1) * 30 * 86400000 > toUnixTimestamp64Milli(since),
            crowded
        ) AS in_a_crowd,
        arraySort(arrayFilter(touch -> touch.1 BETWEEN since AND paid_at, touches)) AS reached,
        if(in_a_crowd, [], arrayFilter(touch -> touch.8 < since, reached)) AS touches_once,
        arraySlice(touches_once, greatest(length(touches_once) - 499, 1), 500) AS path,
        arrayFilter(touch -> touch.2 = 3, touches_once) AS clicks
    FROM (SELECT *, pay.2 AS user_id FROM paid) AS paid
    LEFT JOIN touched USING (brand_id, user_id)
    LEFT JOIN crowds USING (brand_id, user_id)
)
