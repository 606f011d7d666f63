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
    length(reachable) > 500 AS path_truncated,
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
        arraySlice(reachable, greatest(length(reachable) - 499, 1)) AS path
    FROM (SELECT *, pay.2 AS user_id FROM paid) AS paid
    LEFT JOIN touched USING (brand_id, user_id)
)
