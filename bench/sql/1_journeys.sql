-- A piece of journeys, in the order of the days of viewing: first as they begin, %(later)s = 0, and a while later the
-- rows that bring their next steps, %(later)s = 1. Some 30 notes to a brand and many users; the share of brand n is
-- about 1/n.
INSERT INTO journeys
WITH
    cityHash64(number) AS h,
    least(toUInt32(exp((h %% 1000003) / 1000003 * log(%(brands)s + 1))), %(brands)s) AS brand,
    toDate('2026-01-01') + toUInt32(intDiv(number * 181, %(rows)s)) AS entered_on,
    toDateTime64(entered_on, 3, 'Asia/Shanghai') + toIntervalMillisecond(cityHash64(h, 2) %% 86000000) AS entered_at,
    cityHash64(h, 3) %% 100 < 5 AS saves,
    cityHash64(h, 4) %% 100 < 3 AS clicks,
    cityHash64(h, 5) %% 100 < 1 AS buys
SELECT
    concat('brand-', leftPad(toString(brand), 3, '0')) AS brand_id,
    entered_on AS entry_date,
    lower(hex(cityHash64(brand, cityHash64(h, 6) %% (10 + cityHash64(h, 7) %% 50)))) || '00000000' AS note_id,
    concat('u', leftPad(toString(cityHash64(h, 8) %% 20000000), 8, '0')) AS user_id,
    entered_at,
    if(%(later)s AND saves, entered_at + toIntervalSecond(30 + cityHash64(h, 9) %% 1000000), NULL) AS saved_at,
    if(%(later)s AND clicks, entered_at + toIntervalSecond(60 + cityHash64(h, 10) %% 1500000), NULL) AS clicked_at,
    if(%(later)s AND buys, entered_at + toIntervalSecond(600 + cityHash64(h, 11) %% 2500000), NULL) AS purchased_at,
    if(saves AND clicks, greatest(saved_at, clicked_at), NULL) AS chain_clicked_at,
    if(saves AND clicks AND buys, greatest(chain_clicked_at, purchased_at), NULL) AS chain_purchased_at
FROM numbers(%(first)s, %(last)s - %(first)s)
WHERE %(later)s = 0 OR saves OR clicks OR buys
SETTINGS max_insert_threads = 2
