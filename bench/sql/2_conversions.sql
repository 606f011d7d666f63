-- Paths of 0 to 24 touches; most of them short.
INSERT INTO conversions
WITH
    cityHash64(number, 'paid') AS h,
    least(toUInt32(exp((h %% 1000003) / 1000003 * log(%(brands)s + 1))), %(brands)s) AS brand,
    -- Nearly all are paid within half an hour, some days later: numbers of orders grow with time.
    cityHash64(h, 1) %% if(cityHash64(h, 14) %% 20 = 0, 259200000, 1800000) AS paid_after_ms,
    toDateTime64('2026-01-01 00:00:00', 3, 'Asia/Shanghai')
        + toIntervalMillisecond(intDiv(number * 181 * 86400000, %(rows)s) + paid_after_ms) AS paid,
    toUInt32(pow((cityHash64(h, 2) %% 1000) / 1000, 3) * 25) AS touches,
    arrayReverseSort(arrayMap(i -> cityHash64(h, 3, i) %% 2591999000, range(touches))) AS ages_ms,
    arrayMap(i -> toInt8([1, 1, 1, 1, 1, 1, 2, 4][1 + cityHash64(h, 4, i) %% 8]), range(touches)) AS kinds
SELECT
    concat('brand-', leftPad(toString(brand), 3, '0')) AS brand_id,
    'TAOBAO' AS platform,
    concat('24', leftPad(toString(number), 17, '0')) AS sub_order_id,
    sub_order_id AS order_id,
    concat('u', leftPad(toString(cityHash64(h, 8) %% 20000000), 8, '0')) AS user_id,
    concat('shop-', toString(brand)) AS shop_id,
    toString(600000000000 + cityHash64(h, 5) %% 200) AS item_id,
    1 AS quantity,
    NULL AS click_id,
    paid AS paid_at,
    if(has(kinds, 4), paid - toIntervalMillisecond(ages_ms[arrayLastIndex(k -> k = 4, kinds)]), NULL) AS newest_click_at,
    if(has(`path.item_id`, item_id), paid - toIntervalMillisecond(ages_ms[arrayLastIndex(i -> i = item_id, `path.item_id`)]), NULL) AS newest_item_click_at,
    30 AS lookback_days,
    arrayMap(age -> paid - toIntervalMillisecond(age), ages_ms) AS `path.occurred_at`,
    CAST(kinds AS Array(Enum8('view' = 1, 'save' = 2, 'click' = 4))) AS `path.kind`,
    arrayMap(i -> lower(hex(cityHash64(brand, cityHash64(h, 6, i) %% 60))) || '00000000', range(touches)) AS `path.note_id`,
    arrayMap((i, k) -> if(k = 4, toString(600000000000 + cityHash64(h, 7, i) %% 200), ''), range(touches), kinds) AS `path.item_id`,
    arrayMap((i, k) -> if(k = 4, hex(cityHash64(h, 9, i)), ''), range(touches), kinds) AS `path.click_id`,
    arrayMap(i -> cityHash64(h, 15, i) %% 2 = 0, range(touches)) AS `path.promoted`,
    arrayMap(i -> ['EXPLORE', 'SEARCH', 'PROFILE'][1 + cityHash64(h, 16, i) %% 3], range(touches)) AS `path.surface`,
    false AS path_truncated,
    false AS path_incomplete,
    toUInt128(number) AS version
FROM numbers(%(first)s, %(last)s - %(first)s)
