-- Every sub-order is paid, and one in ten is given back, in part.
INSERT INTO order_events (kind, brand_id, platform, shop_id, user_id, order_id, sub_order_id, txn_id, item_id, quantity, amount_fen, occurred_at, click_id)
WITH
    cityHash64(number, 'paid') AS h,
    least(toUInt32(exp((h %% 1000003) / 1000003 * log(%(brands)s + 1))), %(brands)s) AS brand,
    -- Nearly all are paid within half an hour, some days later: numbers of orders grow with time.
    cityHash64(h, 1) %% if(cityHash64(h, 14) %% 20 = 0, 259200000, 1800000) AS paid_after_ms,
    toDateTime64('2026-01-01 00:00:00', 3, 'Asia/Shanghai')
        + toIntervalMillisecond(intDiv(number * 181 * 86400000, %(rows)s) + paid_after_ms) AS paid,
    1000 + cityHash64(h, 12) %% 100000 AS fen,
    if(cityHash64(h, 13) %% 10 = 0, [1, 2], [1]) AS kinds
SELECT
    CAST(toInt8(change) AS Enum8('PAY' = 1, 'REFUND' = 2)) AS kind,
    concat('brand-', leftPad(toString(brand), 3, '0')) AS brand_id,
    'TAOBAO' AS platform,
    concat('shop-', toString(brand)) AS shop_id,
    concat('u', leftPad(toString(cityHash64(h, 8) %% 20000000), 8, '0')) AS user_id,
    concat('24', leftPad(toString(number), 17, '0')) AS order_id,
    order_id AS sub_order_id,
    concat(order_id, '-', toString(change)) AS txn_id,
    toString(600000000000 + cityHash64(h, 5) %% 200) AS item_id,
    1 AS quantity,
    if(change = 1, fen, intDiv(fen, 2)) AS amount_fen,
    paid + toIntervalDay((change - 1) * 9) AS occurred_at,
    NULL AS click_id
FROM numbers(%(first)s, %(last)s - %(first)s)
ARRAY JOIN kinds AS change
