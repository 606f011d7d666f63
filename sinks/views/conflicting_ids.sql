{% macro conflicts(what, id, keys, source) %}
SELECT
    arrayJoin(c.their_brands) AS brand_id,
    c.earliest AS day,
    toLowCardinality('{{ what }}') AS what,
    c.id AS id,
    c.users AS users,
    toUInt64(length(c.their_brands)) AS brands,
    c.contents AS contents,
    c.times AS times
FROM
(
    SELECT
        {{ id }} AS id,
        groupUniqArray(brand) AS their_brands,
        toDate(min(since)) AS earliest,
        uniqExact(user_id) AS users,
        uniqExact(content) AS contents,
        uniqExact(stamp) AS times
    FROM ({{ source }})
    WHERE ({{ keys }}) IN
    (
        SELECT {{ keys }}
        FROM ({{ source }})
        GROUP BY {{ keys }}
        HAVING min(sipHash64(brand, user_id, content, stamp)) != max(sipHash64(brand, user_id, content, stamp))
    )
    GROUP BY {{ keys }}
) AS c
{%- endmacro %}
{% set clicks %}
    SELECT brand_id AS brand, user_id, click_id, occurred_at AS since, occurred_at AS stamp, sipHash64(note_id, item_id, placement) AS content
    FROM touches
    WHERE kind = 'click'
{% endset %}
{% set sub_orders %}
    SELECT brand_id AS brand, user_id, platform, sub_order_id, occurred_at AS since, 0 AS stamp, sipHash64(order_id, shop_id, item_id) AS content
    FROM order_events
    WHERE kind = 'PAY'
    UNION ALL
    SELECT brand_id, user_id, platform, sub_order_id, paid_at, 0, sipHash64(order_id, shop_id, item_id)
    FROM conversions
{% endset %}
{% set transactions %}
    SELECT
        brand_id AS brand, user_id, platform, txn_id, kind, occurred_at AS since, occurred_at AS stamp,
        sipHash64(sub_order_id, order_id, shop_id, item_id, quantity, amount_fen, ifNull(click_id, '')) AS content
    FROM order_events
{% endset -%}
-- One id is one click, one order line, or one payment or refund: here are those that came as more than that. Tables are
-- read as they are stored, without FINAL: what will be merged away is seen as long as it is there, and identical rows are
-- one anyway. What was paid is compared with conversions, too, which keep a user whose payment was merged away. Few ids
-- conflict, and only these are counted: all others are passed over with two hashes each.
--
-- seen by: analyst
-- brand: brand_id
CREATE VIEW conflicting_ids
(
    brand_id String COMMENT 'Brand; an id under several has a row for each. 品牌；对应多个品牌的标识，每个品牌一行。',
    day Date COMMENT 'Day of its earliest time, Asia/Shanghai. 最早时间所在的日期（北京时间）。',
    what LowCardinality(String) COMMENT 'What it is the id of: click, sub-order, or transaction (a payment or a refund). 标识的对象：click 为点击，sub-order 为子订单，transaction 为一笔付款或退款。',
    id String COMMENT 'The click_id, the sub_order_id or the txn_id. 即 click_id、sub_order_id 或 txn_id。',
    users UInt64 COMMENT 'Users that it came under, a count: one, unless something is wrong. 对应的用户数，正常为 1。',
    brands UInt64 COMMENT 'Brands that it came under, a count: one, unless something is wrong. 对应的品牌数，正常为 1。',
    contents UInt64 COMMENT 'Different contents, a count: note, item and placement of a click; order, shop and item of a sub-order; these, sub-order, quantity, amount and click of a transaction. 不同内容数：点击为笔记、商品与位置，子订单为主订单、店铺与商品，交易另含子订单、数量、金额与点击。',
    times UInt64 COMMENT 'Different times, a count; of a transaction those that are not merged yet. 1 of a sub-order, which may be paid several times. 不同时间数；交易仅含尚未合并的；子订单可多次付款，为 1。'
)
AS {{ conflicts("click", "click_id", "click_id", clicks) }}
UNION ALL
{{ conflicts("sub-order", "sub_order_id", "platform, sub_order_id", sub_orders) }}
UNION ALL
{{ conflicts("transaction", "txn_id", "platform, txn_id, kind", transactions) }}
COMMENT 'Ids that came under several users or brands, with several contents or several times, one row per id and brand; of one transaction within a sub-order only while its rows are not merged. Empty when all is well. 对应多位用户、多个品牌、多种内容或多个时间的标识，每个标识的每个品牌一行；同一子订单内的同一笔交易，仅在各行尚未合并时可见。一切正常时为空。';
