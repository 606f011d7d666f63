-- A click that the order names belongs to its path, whoever clicked it: another account is in another partition, which the
-- worker cannot see. Few orders name one that their paths lack, so only these are joined with clicks, and all others are
-- read as they are.
--
-- seen by: analyst, modeller
-- brand: brand_id
CREATE VIEW current_conversions
(
    brand_id String,
    platform LowCardinality(String),
    sub_order_id String,
    order_id String,
    user_id String,
    shop_id String,
    item_id String,
    quantity Int32,
    click_id Nullable(String),
    paid_at DateTime64(3, 'Asia/Shanghai'),
    newest_click_at Nullable(DateTime64(3, 'Asia/Shanghai')),
    newest_item_click_at Nullable(DateTime64(3, 'Asia/Shanghai')),
    lookback_days UInt16,
    `path.occurred_at` Array(DateTime64(3, 'Asia/Shanghai')),
    `path.kind` Array({{ touch_kind }}),
    `path.note_id` Array(String),
    `path.item_id` Array(String),
    `path.click_id` Array(String),
    `path.promoted` Array(Bool),
    `path.surface` Array(LowCardinality(String)),
    `path.evidence` Array({{ evidence }}),
    path_truncated Bool,
    path_incomplete Bool
)
AS SELECT
    brand_id, platform, sub_order_id, order_id, user_id, shop_id, item_id, quantity, click_id, paid_at, newest_click_at, newest_item_click_at, lookback_days,
    `path.occurred_at`, `path.kind`, `path.note_id`, `path.item_id`, `path.click_id`, `path.promoted`, `path.surface`,
    arrayMap(k -> CAST('own' AS {{ evidence }}), `path.kind`) AS `path.evidence`,
    path_truncated, path_incomplete,
    -- Servers from 25.5 to 25.8 ask for these when a query needs the lengths alone, and find nothing else of the name.
    length(`path.occurred_at`) AS `path.occurred_at.size0`,
    length(`path.kind`) AS `path.kind.size0`,
    length(`path.note_id`) AS `path.note_id.size0`,
    length(`path.item_id`) AS `path.item_id.size0`,
    length(`path.click_id`) AS `path.click_id.size0`,
    length(`path.promoted`) AS `path.promoted.size0`,
    length(`path.surface`) AS `path.surface.size0`,
    length(`path.kind`) AS `path.evidence.size0`
FROM conversions FINAL
WHERE named_click_id IS NULL
UNION ALL
SELECT
    brand_id, platform, sub_order_id, order_id, user_id, shop_id, item_id, quantity, click_id, paid_at,
    if(more, greatest(ifNull(own_click_at, named_at), named_at), own_click_at),
    if(more AND named_item = item_id, greatest(ifNull(own_item_click_at, named_at), named_at), own_item_click_at),
    lookback_days,
    arrayConcat(arraySlice(times, 1, before), arrayResize([named_at], more), arraySlice(times, before + 1)) AS `path.occurred_at`,
    arrayConcat(arraySlice(kinds, 1, before), arrayResize([CAST('click' AS {{ touch_kind }})], more), arraySlice(kinds, before + 1)) AS `path.kind`,
    arrayConcat(arraySlice(notes, 1, before), arrayResize([named_note], more), arraySlice(notes, before + 1)) AS `path.note_id`,
    arrayConcat(arraySlice(items, 1, before), arrayResize([named_item], more), arraySlice(items, before + 1)) AS `path.item_id`,
    arrayConcat(arraySlice(clicks, 1, before), arrayResize([named_click], more), arraySlice(clicks, before + 1)) AS `path.click_id`,
    arrayConcat(arraySlice(paid_for, 1, before), arrayResize([CAST(false AS Bool)], more), arraySlice(paid_for, before + 1)) AS `path.promoted`,
    arrayConcat(arraySlice(surfaces, 1, before), arrayResize([CAST('OTHER' AS LowCardinality(String))], more), arraySlice(surfaces, before + 1)) AS `path.surface`,
    arrayMap((k, i) -> CAST(if(more = 1 AND i = before + 1, 'named', 'own') AS {{ evidence }}), `path.kind`, arrayEnumerate(`path.kind`)) AS `path.evidence`,
    path_truncated, path_incomplete,
    length(`path.occurred_at`) AS `path.occurred_at.size0`,
    length(`path.kind`) AS `path.kind.size0`,
    length(`path.note_id`) AS `path.note_id.size0`,
    length(`path.item_id`) AS `path.item_id.size0`,
    length(`path.click_id`) AS `path.click_id.size0`,
    length(`path.promoted`) AS `path.promoted.size0`,
    length(`path.surface`) AS `path.surface.size0`,
    length(`path.evidence`) AS `path.evidence.size0`
FROM
(
    SELECT
        *,
        toUInt8(named_click != '' AND named_at <= paid_at AND toUnixTimestamp64Milli(named_at) >= toUnixTimestamp64Milli(paid_at) - 86400000 * toInt64(lookback_days)) AS more,
        -- Of the touches in their order, those before the click, whose kind is the last of the kinds.
        arrayCount((t, k, n, c) -> (t, toInt8(k), n, c) < (named_at, toInt8(4), named_note, named_click), times, kinds, notes, clicks) AS before
    FROM
    (
        SELECT
            c.brand_id AS brand_id, c.platform AS platform, c.sub_order_id AS sub_order_id, c.order_id AS order_id, c.user_id AS user_id, c.shop_id AS shop_id,
            c.item_id AS item_id, c.quantity AS quantity, c.click_id AS click_id, c.paid_at AS paid_at, c.newest_click_at AS own_click_at,
            c.newest_item_click_at AS own_item_click_at, c.lookback_days AS lookback_days, c.`path.occurred_at` AS times, c.`path.kind` AS kinds,
            c.`path.note_id` AS notes, c.`path.item_id` AS items, c.`path.click_id` AS clicks, c.`path.promoted` AS paid_for, c.`path.surface` AS surfaces,
            c.path_truncated AS path_truncated, c.path_incomplete AS path_incomplete,
            ifNull(k.click_id, '') AS named_click, ifNull(k.note_id, '') AS named_note, ifNull(k.item_id, '') AS named_item,
            assumeNotNull(k.occurred_at) AS named_at
        FROM
        (
            SELECT *, assumeNotNull(named_click_id) AS named
            FROM conversions FINAL
            WHERE named_click_id IS NOT NULL
                AND (brand_id, platform, sub_order_id) IN (SELECT brand_id, platform, sub_order_id FROM conversions WHERE named_click_id IS NOT NULL)
        ) AS c
        ANY LEFT JOIN
        (
            SELECT brand_id, click_id, note_id, item_id, occurred_at
            FROM clicks FINAL
            WHERE (brand_id, click_id) IN (SELECT brand_id, assumeNotNull(named_click_id) FROM conversions WHERE named_click_id IS NOT NULL)
        ) AS k ON k.brand_id = c.brand_id AND k.click_id = c.named
    )
)
COMMENT 'Paid sub-orders with the touches before them, one row per sub-order; without amounts. 已付款子订单及其触点路径，每个子订单一行；不含金额。';
