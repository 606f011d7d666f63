-- How people came to buy: the steps before each order, and the time that they took.
--
-- seen by: analyst
-- brand: as what it reads
CREATE VIEW order_paths
(
    brand_id String,
    sub_order_id String,
    order_id String,
    user_id String,
    item_id String,
    paid_at DateTime64(3, 'Asia/Shanghai'),
    via {{ via }} COMMENT 'direct: the link of this very item was clicked within the window; halo: other touches only; organic: no touch; unknown: the user is crowded, which no person is, and has no paths. direct 为窗口内点击过所购商品的链接（订单商品），halo 为仅有其他触点（非订单商品），organic 为无触点（自然成交），unknown 为触点或订单多到不可能属于一个人的用户，不保留路径。',
    touches UInt32 COMMENT 'Touches within the window, a count: the length of the path. 窗口内的触点数，即路径长度。',
    note_ids Array(String),
    steps String,
    days String,
    hours_from_first Nullable(Float64),
    hours_from_last Nullable(Float64),
    gross_fen Int64,
    refunded_fen Int64,
    net_fen Int64 COMMENT stayed
)
SQL SECURITY INVOKER
AS WITH
    toUnixTimestamp64Milli(paid_at) AS paid_ms,
    paid_ms - 86400000 * toInt64({lookback_days:UInt16}) AS since_ms,
    arrayCount(t -> toUnixTimestamp64Milli(t) >= since_ms, `path.occurred_at`) AS n,
    -- Touches are in order: those in the window are the last ones.
    arraySlice(`path.occurred_at`, -n, n) AS times,
    arraySlice(`path.kind`, -n, n) AS kinds,
    arraySlice(`path.item_id`, -n, n) AS items,
    -- A user who is no person has no paths (docs/guarantees.md).
    path_truncated AND arrayCount(t -> true, `path.occurred_at`) = 0 AS crowded
SELECT
    brand_id, sub_order_id, order_id, user_id, item_id, paid_at,
    CAST(multiIf(crowded, 7, n = 0, 0, arrayExists((k, i) -> k = 'click' AND i = item_id, kinds, items), 1, 2)
        AS {{ via }}) AS via,
    toUInt32(n) AS touches,
    arrayDistinct(arraySlice(`path.note_id`, -n, n)) AS note_ids,
    if(crowded, 'unknown', arrayStringConcat(arrayCompact(kinds), ' > ')) AS steps,
    arrayStringConcat(arrayCompact(arrayMap(t -> toDate(paid_at) - toDate(t), times)), ' > ') AS days,
    if(n = 0, NULL, (paid_ms - toUnixTimestamp64Milli(times[1])) / 3600000) AS hours_from_first,
    if(n = 0, NULL, (paid_ms - toUnixTimestamp64Milli(times[-1])) / 3600000) AS hours_from_last,
    gross_fen, refunded_fen, net_fen
FROM conversions_with_amounts
WHERE NOT throwIf({lookback_days:UInt16} > lookback_days, 'lookback_days is more than the paths reach back: column lookback_days of current_conversions says how far they do.')
COMMENT 'How people came to buy within a window, one row per paid sub-order. 每个已付款子订单在窗口内的成交路径。';
