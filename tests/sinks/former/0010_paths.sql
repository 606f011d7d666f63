-- How people came to buy: the steps before each order, and the time that they took.
CREATE VIEW IF NOT EXISTS order_paths
(
    brand_id String COMMENT 'Advertiser that the item belongs to. 商品所属的品牌（广告主）。',
    sub_order_id String COMMENT 'Sub-order: one line of the order, with one item. 子订单：订单中的一行，对应一个商品。',
    order_id String COMMENT 'Order of the earliest payment. 最早一笔付款所属的主订单。',
    user_id String COMMENT 'Account shared by Xiaohongshu and Taobao. 打通后的用户账号（小红书与淘宝一致）。',
    item_id String COMMENT 'Taobao item of the earliest payment. 最早一笔付款的淘宝商品。',
    paid_at DateTime64(3, 'Asia/Shanghai') COMMENT 'Earliest payment, to the millisecond, shown in Asia/Shanghai time. 最早付款时间，精确到毫秒，按北京时间显示。',
    via Enum8('organic' = 0, 'direct' = 1, 'halo' = 2) COMMENT 'direct: the link of this very item was clicked within the window; halo: other touches only; organic: no touch. direct 为窗口内点击过所购商品的链接（订单商品），halo 为仅有其他触点（非订单商品），organic 为无触点（自然成交）。',
    touches UInt32 COMMENT 'Touches within the window, a count: the length of the path. 窗口内的触点数，即路径长度。',
    note_ids Array(String) COMMENT 'Notes of the path, each once, in the order of their first touches. 路径中的笔记，去重，按首次触达排序。',
    steps String COMMENT 'Kinds of the touches in order, repeats of one kind as one, such as view > save > click; empty without touches. 触点行为序列，连续相同的合并，如 view > save > click；无触点则为空。',
    days String COMMENT 'Days with touches, as days before the day of payment, such as 12 > 3 > 0; empty without touches. 有触点的日子，以付款日之前的天数表示，如 12 > 3 > 0；无触点则为空。',
    hours_from_first Nullable(Float64) COMMENT 'Hours from the first touch to the payment; NULL without touches. 首个触点到付款的小时数；无触点则为 NULL。',
    hours_from_last Nullable(Float64) COMMENT 'Hours from the last touch to the payment; NULL without touches. 末个触点到付款的小时数；无触点则为 NULL。',
    gross_fen Int64 COMMENT 'Sum of the payments, in fen (1/100 CNY). 付款合计，单位分。',
    refunded_fen Int64 COMMENT 'Sum of the refunds, in fen (1/100 CNY). 退款合计，单位分。',
    net_fen Int64 COMMENT 'Money that stayed: gross_fen less refunded_fen, in fen (1/100 CNY). 净额：付款减退款，单位分。'
)
SQL SECURITY INVOKER
AS WITH
    toUnixTimestamp64Milli(paid_at) AS paid_ms,
    paid_ms - 86400000 * toInt64({lookback_days:UInt16}) AS since_ms,
    arrayCount(t -> toUnixTimestamp64Milli(t) >= since_ms, `path.occurred_at`) AS n,
    -- Touches are in order: those in the window are the last ones.
    arraySlice(`path.occurred_at`, -n, n) AS times,
    arraySlice(`path.kind`, -n, n) AS kinds,
    arraySlice(`path.item_id`, -n, n) AS items
SELECT
    brand_id, sub_order_id, order_id, user_id, item_id, paid_at,
    CAST(multiIf(n = 0, 0, arrayExists((k, i) -> k = 'click' AND i = item_id, kinds, items), 1, 2)
        AS Enum8('organic' = 0, 'direct' = 1, 'halo' = 2)) AS via,
    toUInt32(n) AS touches,
    arrayDistinct(arraySlice(`path.note_id`, -n, n)) AS note_ids,
    arrayStringConcat(arrayCompact(kinds), ' > ') AS steps,
    arrayStringConcat(arrayCompact(arrayMap(t -> toDate(paid_at) - toDate(t), times)), ' > ') AS days,
    if(n = 0, NULL, (paid_ms - toUnixTimestamp64Milli(times[1])) / 3600000) AS hours_from_first,
    if(n = 0, NULL, (paid_ms - toUnixTimestamp64Milli(times[-1])) / 3600000) AS hours_from_last,
    gross_fen, refunded_fen, net_fen
FROM conversions_with_amounts
WHERE NOT throwIf({lookback_days:UInt16} > lookback_days, 'lookback_days is more than the paths reach back: column lookback_days of current_conversions says how far they do.')
COMMENT 'How people came to buy within a window, one row per paid sub-order. 每个已付款子订单在窗口内的成交路径。';

CREATE VIEW IF NOT EXISTS paths
(
    brand_id String COMMENT 'Advertiser that the items belong to. 商品所属的品牌（广告主）。',
    steps String COMMENT 'Kinds of the touches in order, repeats of one kind as one, such as view > save > click; empty without touches. 触点行为序列，连续相同的合并，如 view > save > click；无触点则为空。',
    sub_orders UInt64 COMMENT 'Paid sub-orders with these steps before them. 经此路径成交的子订单数。',
    touches_p50 Float64 COMMENT 'Touches of a path, median. 路径长度的中位数。',
    hours_from_first_p50 Nullable(Float64) COMMENT 'Hours from the first touch to the payment, median; NULL without touches. 首个触点到付款小时数的中位数；无触点则为 NULL。',
    hours_from_first_p90 Nullable(Float64) COMMENT 'The same, 90 % quantile. 同上，90 分位。',
    hours_from_last_p50 Nullable(Float64) COMMENT 'Hours from the last touch to the payment, median; NULL without touches. 末个触点到付款小时数的中位数；无触点则为 NULL。',
    hours_from_last_p90 Nullable(Float64) COMMENT 'The same, 90 % quantile. 同上，90 分位。',
    gross_fen Int64 COMMENT 'Sum of the payments, in fen (1/100 CNY). 付款合计，单位分。',
    refunded_fen Int64 COMMENT 'Sum of the refunds, in fen (1/100 CNY). 退款合计，单位分。',
    net_fen Int64 COMMENT 'gross_fen less refunded_fen, in fen (1/100 CNY). 净额：付款减退款，单位分。'
)
SQL SECURITY INVOKER
AS SELECT
    brand_id, steps,
    count() AS sub_orders,
    quantileExactInclusive(0.5)(o.touches) AS touches_p50,
    quantileExactInclusive(0.5)(hours_from_first) AS hours_from_first_p50,
    quantileExactInclusive(0.9)(hours_from_first) AS hours_from_first_p90,
    quantileExactInclusive(0.5)(hours_from_last) AS hours_from_last_p50,
    quantileExactInclusive(0.9)(hours_from_last) AS hours_from_last_p90,
    sum(o.gross_fen) AS gross_fen,
    sum(o.refunded_fen) AS refunded_fen,
    sum(o.net_fen) AS net_fen
FROM order_paths(lookback_days = {lookback_days:UInt16}) AS o
GROUP BY brand_id, steps
COMMENT 'Common paths to a purchase, one row per brand and sequence of steps. 常见成交路径，每个品牌、每种行为序列一行。';

CREATE VIEW IF NOT EXISTS time_to_purchase
(
    brand_id String COMMENT 'Advertiser that the items belong to. 商品所属的品牌（广告主）。',
    note_id String COMMENT 'Note on Xiaohongshu. 小红书笔记。',
    sub_orders UInt64 COMMENT 'Paid sub-orders that the note touched; those of several notes overlap. 该笔记触达过的子订单数；不同笔记之间有重叠。',
    hours_from_first_p25 Float64 COMMENT 'Hours from the first touch of this note to the payment, 25 % quantile. 该笔记首个触点到付款的小时数，25 分位。',
    hours_from_first_p50 Float64 COMMENT 'The same, median. 同上，中位数。',
    hours_from_first_p75 Float64 COMMENT 'The same, 75 % quantile. 同上，75 分位。',
    hours_from_first_p90 Float64 COMMENT 'The same, 90 % quantile. 同上，90 分位。',
    hours_from_last_p25 Float64 COMMENT 'Hours from the last touch of this note to the payment, 25 % quantile. 该笔记末个触点到付款的小时数，25 分位。',
    hours_from_last_p50 Float64 COMMENT 'The same, median. 同上，中位数。',
    hours_from_last_p75 Float64 COMMENT 'The same, 75 % quantile. 同上，75 分位。',
    hours_from_last_p90 Float64 COMMENT 'The same, 90 % quantile. 同上，90 分位。'
)
SQL SECURITY INVOKER
AS WITH
    quantilesExactInclusive(0.25, 0.5, 0.75, 0.9)(from_first) AS firsts,
    quantilesExactInclusive(0.25, 0.5, 0.75, 0.9)(from_last) AS lasts
SELECT
    brand_id, note_id,
    count() AS sub_orders,
    firsts[1] AS hours_from_first_p25,
    firsts[2] AS hours_from_first_p50,
    firsts[3] AS hours_from_first_p75,
    firsts[4] AS hours_from_first_p90,
    lasts[1] AS hours_from_last_p25,
    lasts[2] AS hours_from_last_p50,
    lasts[3] AS hours_from_last_p75,
    lasts[4] AS hours_from_last_p90
FROM
(
    SELECT
        brand_id, note_id, sub_order_id,
        max(hours) AS from_first,
        min(hours) AS from_last
    FROM
    (
        SELECT *, (toUnixTimestamp64Milli(paid_at) - toUnixTimestamp64Milli(touched_at)) / 3600000 AS hours
        FROM attribution_credits(model = 'full', lookback_days = {lookback_days:UInt16})
        WHERE touch > 0
    )
    GROUP BY brand_id, note_id, sub_order_id
)
GROUP BY brand_id, note_id
COMMENT 'Time from a note to a purchase, one row per brand and note. 从笔记到成交的时间，每个品牌、每篇笔记一行。';

CREATE VIEW IF NOT EXISTS direct_and_halo
(
    brand_id String COMMENT 'Advertiser that the items belong to. 商品所属的品牌（广告主）。',
    paid_date Date COMMENT 'Day of the earliest payment, Asia/Shanghai. 最早付款日期（北京时间）。',
    via Enum8('organic' = 0, 'direct' = 1, 'halo' = 2) COMMENT 'direct: the link of the item that was bought had been clicked; halo: touched, and something else of the brand was bought; organic: no touch. direct 为点击过所购商品的链接（订单商品），halo 为有触点但购买了该品牌其他商品（非订单商品），organic 为无触点（自然成交）。',
    sub_orders UInt64 COMMENT 'Paid sub-orders. 已付款子订单数。',
    gross_fen Int64 COMMENT 'Sum of the payments, in fen (1/100 CNY). 付款合计，单位分。',
    refunded_fen Int64 COMMENT 'Sum of the refunds, in fen (1/100 CNY). 退款合计，单位分。',
    net_fen Int64 COMMENT 'gross_fen less refunded_fen, in fen (1/100 CNY). 净额：付款减退款，单位分。'
)
SQL SECURITY INVOKER
AS SELECT
    brand_id,
    toDate(paid_at) AS paid_date,
    via,
    count() AS sub_orders,
    sum(o.gross_fen) AS gross_fen,
    sum(o.refunded_fen) AS refunded_fen,
    sum(o.net_fen) AS net_fen
FROM order_paths(lookback_days = {lookback_days:UInt16}) AS o
GROUP BY brand_id, paid_date, via
COMMENT 'Orders by what brought them: the link of the item itself, another touch, or none; they add up to all orders. One row per brand, day and way. 按成交方式（订单商品、非订单商品、自然成交）汇总，合计等于全部订单；每个品牌、日期、方式一行。';
