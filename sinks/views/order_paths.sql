-- How people came to buy: the steps before each order, and the time that they took.
CREATE OR REPLACE VIEW order_paths
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
