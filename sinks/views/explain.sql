{% set brands -%}
(SELECT groupUniqArray(brand_id) FROM current_conversions WHERE sub_order_id = {sub_order_id:String} SETTINGS empty_result_for_aggregation_by_empty_set = 0) AS brands
{%- endset -%}
-- One order told completely: what came before it, what was paid and given back, and what each model makes of it.
--
-- seen by: analyst
-- brand: as what it reads
CREATE VIEW explain
(
    brand_id String,
    platform LowCardinality(String),
    sub_order_id String,
    at DateTime64(3, 'Asia/Shanghai'),
    what {{ told_kind }},
    note_id String COMMENT 'Note of the touch; else empty. 触点的笔记；其他为空。',
    item_id String COMMENT 'Item that a clicked link leads to, or that was bought; else empty. 所点链接指向的商品或所购商品；其他为空。',
    id String,
    evidence Nullable({{ evidence }}) COMMENT 'own: a touch of the buyer; named: a click that the order names, of another user; NULL for all but touches. own 为买家本人的触点；named 为订单指明、由其他用户点击；非触点为 NULL。',
    age_days Nullable(Float64),
    counts_from_days Nullable(UInt16),
    amount_fen Nullable(Int64) COMMENT 'Money paid, or given back as a negative number, in fen (1/100 CNY); NULL for touches. 付款金额，退款为负，单位分；触点为 NULL。',
    {% for model in models %}
    {{ model }}_fen Nullable(Int64) COMMENT '{{ explained[model] }}'{{ "," if not loop.last }}
    {% endfor %}
)
SQL SECURITY INVOKER
AS WITH
    -- The brand is the first part of the key.
    {{ brands }}
SELECT
    path.brand_id AS brand_id,
    path.platform AS platform,
    {sub_order_id:String} AS sub_order_id,
    if(place = 0, paid_at, `path.occurred_at`[place]) AS at,
    CAST(multiIf(place > 0, toInt8(`path.kind`[place]), path_truncated OR path_incomplete, 7, 0) AS {{ told_kind }}) AS what,
    `path.note_id`[place] AS note_id,
    `path.item_id`[place] AS item_id,
    `path.click_id`[place] AS id,
    CAST(if(place = 0, NULL, `path.evidence`[place]) AS Nullable({{ evidence }})) AS evidence,
    if(place = 0, NULL, (toUnixTimestamp64Milli(paid_at) - toUnixTimestamp64Milli(at)) / 86400000) AS age_days,
    CAST(ceil(age_days) AS Nullable(UInt16)) AS counts_from_days,
    CAST(NULL AS Nullable(Int64)) AS amount_fen,
    {% for model in models %}
    CAST(ifNull(c.{{ model }}_fen, 0) AS Nullable(Int64)) AS {{ model }}_fen{{ "," if not loop.last }}
    {% endfor %}
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
        FROM current_conversions AS c
        WHERE has(brands, brand_id) AND c.sub_order_id = {sub_order_id:String}
    )
    ARRAY JOIN range(if(outside = n, 0, 1), n + 1) AS place
) AS path
ALL LEFT JOIN
(
    SELECT
        brand_id,
        platform,
        toInt64(touch) AS touch,
        {% for model in models %}
        sumIf(net_fen, model = '{{ model }}') AS {{ model }}_fen{{ "," if not loop.last }}
        {% endfor %}
    FROM credits_by_model(lookback_days = {lookback_days:UInt16})
    WHERE has(brands, brand_id) AND sub_order_id = {sub_order_id:String}
    GROUP BY brand_id, platform, touch
) AS c ON c.brand_id = path.brand_id AND c.platform = path.platform AND c.touch = path.touch
UNION ALL
-- ClickHouse gives the WITH of the first SELECT to the others, in what it keeps of a view.
WITH
    {{ brands }}
SELECT
    brand_id, platform, sub_order_id, occurred_at, CAST(if(kind = 'PAY', 5, 6) AS {{ told_kind }}), '', item_id, txn_id, CAST(NULL AS Nullable({{ evidence }})), NULL, NULL, if(kind = 'PAY', amount_fen, -amount_fen),
    {{ (['NULL'] * models | length) | join(', ') }}
FROM current_order_events AS e
WHERE e.sub_order_id = {sub_order_id:String}
COMMENT 'One sub-order told completely: its touches, each with its age and its credit under every model in a window, its payments and refunds. 单个子订单的完整说明：各触点及其在窗口内各模型下的归因、付款与退款。';
