-- One order told completely: what came before it, what was paid and given back, and what each model makes of it.
CREATE VIEW IF NOT EXISTS explain
(
    brand_id String COMMENT 'Advertiser that the item belongs to. 商品所属的品牌（广告主）。',
    sub_order_id String COMMENT 'Sub-order: one line of the order, with one item. 子订单：订单中的一行，对应一个商品。',
    at DateTime64(3, 'Asia/Shanghai') COMMENT 'When it happened, to the millisecond, Asia/Shanghai time. 发生时间（北京时间，毫秒）。',
    what Enum8('organic' = 0, 'view' = 1, 'save' = 2, 'click' = 4, 'payment' = 5, 'refund' = 6) COMMENT 'A touch, a payment or a refund; organic stands for the missing touch of an order without any in the window. 触点、付款或退款；organic 表示窗口内没有触点。',
    note_id String COMMENT 'Note of the touch; else empty. 触点的笔记；其他为空。',
    item_id String COMMENT 'Item that a clicked link leads to, or that was bought; else empty. 所点链接指向的商品或所购商品；其他为空。',
    id String COMMENT 'click_id of a click, txn_id of a payment or refund; else empty. 点击的 click_id，付款或退款的 txn_id；其他为空。',
    age_days Nullable(Float64) COMMENT 'Days of 24 hours from the touch to the earliest payment; NULL for what is no touch. 触点到最早付款的天数（每天 24 小时）；非触点为 NULL。',
    counts_from_days Nullable(UInt16) COMMENT 'The touch counts in windows of at least so many days; NULL for what is no touch. 窗口不少于该天数时计入该触点；非触点为 NULL。',
    amount_fen Nullable(Int64) COMMENT 'Money paid, or given back as a negative number, in fen (1/100 CNY); NULL for touches. 付款金额，退款为负，单位分；触点为 NULL。',
    first_fen Nullable(Int64) COMMENT 'What the model first credits the touch with in this window, of the net amount, in fen; 0 outside of the window, NULL for what is no touch. 首次触点模型在该窗口下分得的净额，单位分；窗口外为 0，非触点为 NULL。',
    last_fen Nullable(Int64) COMMENT 'The same under the model last. 同上，末次触点模型。',
    last_click_fen Nullable(Int64) COMMENT 'The same under the model last_click. 同上，末次点击模型。',
    linear_fen Nullable(Int64) COMMENT 'The same under the model linear. 同上，线性模型。',
    position_fen Nullable(Int64) COMMENT 'The same under the model position. 同上，位置模型。',
    time_decay_fen Nullable(Int64) COMMENT 'The same under the model time_decay. 同上，时间衰减模型。',
    full_fen Nullable(Int64) COMMENT 'The same under the model full, whose sum may be more than the order. 同上，全额模型，合计可能超过订单金额。'
)
SQL SECURITY INVOKER
AS WITH
    -- The brand is the first part of the key.
    (SELECT groupUniqArray(brand_id) FROM current_conversions WHERE sub_order_id = {sub_order_id:String}) AS brands
SELECT
    brand_id,
    {sub_order_id:String} AS sub_order_id,
    if(place = 0, paid_at, `path.occurred_at`[place]) AS at,
    CAST(if(place = 0, 0, toInt8(`path.kind`[place])) AS Enum8('organic' = 0, 'view' = 1, 'save' = 2, 'click' = 4, 'payment' = 5, 'refund' = 6)) AS what,
    `path.note_id`[place] AS note_id,
    `path.item_id`[place] AS item_id,
    `path.click_id`[place] AS id,
    if(place = 0, NULL, (toUnixTimestamp64Milli(paid_at) - toUnixTimestamp64Milli(at)) / 86400000) AS age_days,
    CAST(ceil(age_days) AS Nullable(UInt16)) AS counts_from_days,
    CAST(NULL AS Nullable(Int64)) AS amount_fen,
    CAST(c.first_fen AS Nullable(Int64)) AS first_fen,
    CAST(c.last_fen AS Nullable(Int64)) AS last_fen,
    CAST(c.last_click_fen AS Nullable(Int64)) AS last_click_fen,
    CAST(c.linear_fen AS Nullable(Int64)) AS linear_fen,
    CAST(c.position_fen AS Nullable(Int64)) AS position_fen,
    CAST(c.time_decay_fen AS Nullable(Int64)) AS time_decay_fen,
    CAST(c.full_fen AS Nullable(Int64)) AS full_fen
FROM
(
    -- Credits number the touches of the window, which are the last ones, from 1; 0 is the missing touch.
    SELECT *, place, if(place = 0 OR place > outside, toInt64(place) - if(place = 0, 0, outside), -1) AS touch
    FROM
    (
        SELECT
            *,
            length(`path.occurred_at`) AS n,
            arrayCount(t -> toUnixTimestamp64Milli(t) < toUnixTimestamp64Milli(paid_at) - 86400000 * toInt64({lookback_days:UInt16}), `path.occurred_at`) AS outside
        FROM current_conversions
        WHERE has(brands, brand_id) AND current_conversions.sub_order_id = {sub_order_id:String}
    )
    ARRAY JOIN range(if(outside = n, 0, 1), n + 1) AS place
) AS path
LEFT JOIN
(
    SELECT
        brand_id,
        toInt64(touch) AS touch,
        sumIf(net_fen, model = 'first') AS first_fen,
        sumIf(net_fen, model = 'last') AS last_fen,
        sumIf(net_fen, model = 'last_click') AS last_click_fen,
        sumIf(net_fen, model = 'linear') AS linear_fen,
        sumIf(net_fen, model = 'position') AS position_fen,
        sumIf(net_fen, model = 'time_decay') AS time_decay_fen,
        sumIf(net_fen, model = 'full') AS full_fen
    FROM credits_by_model(lookback_days = {lookback_days:UInt16})
    WHERE has(brands, brand_id) AND sub_order_id = {sub_order_id:String}
    GROUP BY brand_id, touch
) AS c ON c.brand_id = path.brand_id AND c.touch = path.touch
UNION ALL
SELECT
    brand_id, sub_order_id, occurred_at, CAST(if(kind = 'PAY', 5, 6) AS Enum8('organic' = 0, 'view' = 1, 'save' = 2, 'click' = 4, 'payment' = 5, 'refund' = 6)), '', item_id, txn_id, NULL, NULL, if(kind = 'PAY', amount_fen, -amount_fen),
    NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM current_order_events
WHERE current_order_events.sub_order_id = {sub_order_id:String}
COMMENT 'One sub-order told completely: its touches, each with its age and its credit under every model in a window, its payments and refunds. 单个子订单的完整说明：各触点及其在窗口内各模型下的归因、付款与退款。';

-- The rows of a sub-order that were not merged yet: how it came to be what it is.
CREATE VIEW IF NOT EXISTS conversion_versions
(
    brand_id String COMMENT 'Advertiser that the item belongs to. 商品所属的品牌（广告主）。',
    sub_order_id String COMMENT 'Sub-order: one line of the order, with one item. 子订单：订单中的一行，对应一个商品。',
    version UInt128 COMMENT 'The greatest of a sub-order stands; the others are older and will be merged away. No unit. 同一子订单以最大者为准，其余为旧版本，将在合并时消失；无单位。',
    epoch UInt16 COMMENT 'Raised by operators when the topics are rebuilt; part of version. 主题重建时由运维提升；版本号的一部分。',
    events UInt64 COMMENT 'Grows with the events that the row was computed from: a sum of their offsets; part of version. 随参与计算的事件增长（其位移之和）；版本号的一部分。',
    paid_at DateTime64(3, 'Asia/Shanghai') COMMENT 'Earliest payment known then, Asia/Shanghai time. 当时已知的最早付款时间（北京时间）。',
    touches UInt32 COMMENT 'Touches of the path, a count. 路径中的触点数。',
    path_incomplete Bool COMMENT 'A payment came too late for all touches still to be known. 付款到达过晚，部分触点可能已不在状态中。'
)
AS SELECT
    brand_id, sub_order_id, version,
    toUInt16(bitShiftRight(version, 112)) AS epoch,
    toUInt64(bitAnd(version, 18446744073709551615)) AS events,
    paid_at,
    toUInt32(length(`path.occurred_at`)) AS touches,
    path_incomplete
FROM conversions
COMMENT 'Versions of each conversion that are still stored, one row per version; several rows may be alike. 各子订单尚存的版本，每个版本一行。';
