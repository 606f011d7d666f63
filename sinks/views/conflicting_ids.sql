-- One id is one click, or one order line: here are those that came as more than that. A click with several times is
-- several rows of touches; a payment with several is one, as only the least is kept.
--
-- seen by: analyst
-- brand: brand_id
CREATE VIEW conflicting_ids
(
    brand_id String,
    day Date COMMENT 'Day of its earliest time, Asia/Shanghai. 最早时间所在的日期（北京时间）。',
    what LowCardinality(String) COMMENT 'What it is the id of: click or sub-order. 标识的对象：click 为点击，sub-order 为子订单。',
    id String COMMENT 'The click_id or the sub_order_id. 即 click_id 或 sub_order_id。',
    users UInt64 COMMENT 'Users that it came under, a count: one, unless something is wrong. 对应的用户数，正常为 1。',
    contents UInt64 COMMENT 'Different contents, a count: note and item of a click, order, shop and item of a sub-order. 不同内容数：点击为笔记与商品，子订单为主订单、店铺与商品。',
    times UInt64 COMMENT 'Different times of a click, a count; 1 of a sub-order, which may be paid several times. 点击的不同时间数；子订单可多次付款，为 1。'
)
AS SELECT
    brand_id,
    toDate(min(occurred_at)) AS day,
    toLowCardinality('click') AS what,
    click_id AS id,
    uniqExact(user_id) AS users,
    uniqExact(note_id, item_id) AS contents,
    uniqExact(occurred_at) AS times
FROM touches AS t FINAL
WHERE t.kind = 'click'
GROUP BY brand_id, click_id
HAVING users > 1 OR contents > 1 OR times > 1
UNION ALL
SELECT
    brand_id,
    toDate(min(occurred_at)) AS day,
    toLowCardinality('sub-order') AS what,
    sub_order_id AS id,
    uniqExact(user_id) AS users,
    uniqExact(order_id, shop_id, item_id) AS contents,
    toUInt64(1) AS times
FROM order_events AS o FINAL
WHERE o.kind = 'PAY'
GROUP BY brand_id, platform, sub_order_id
HAVING users > 1 OR contents > 1
COMMENT 'Ids that came under several users, with several contents or, of clicks, several times, one row per id; empty when all is well. 对应多位用户、多种内容或（点击）多个时间的标识，每个标识一行；一切正常时为空。';
