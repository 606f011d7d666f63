-- seen by: analyst
-- brand: as what it reads
CREATE VIEW sales
(
    brand_id String COMMENT items,
    payers UInt64 COMMENT 'People who paid, a count. 付款人数。',
    orders UInt64 COMMENT 'Orders that were paid, a count. 已付款主订单数。',
    sub_orders UInt64 COMMENT 'Sub-orders that were paid, a count. 已付款的子订单数。',
    gross_fen Int64,
    refunded_fen Int64,
    net_fen Int64,
    touched_sub_orders UInt64 COMMENT 'Of the sub-orders, those with a touch in the window. 其中窗口内有触点的子订单数。',
    touched_net_fen Int64 COMMENT 'Net amount of these, in fen (1/100 CNY). 其净额，单位分。',
    refund_open_share Nullable(Float64) COMMENT 'Share of the gross amount that was paid on the last 15 days up to the day that taobao-purchases have passed, that day included, or later: refunds of it may still follow. NULL when nothing was paid. 截至付款主题已完成日的最近 15 天内（含当日）及之后付款的金额占比：其退款仍可能发生；无付款则为 NULL。',
    left_edge_share Nullable(Float64) COMMENT 'Share of the sub-orders whose window begins before the oldest day of touches: what touched them then is not known. NULL when nothing was paid. 窗口早于最早触点日期的子订单占比：其更早的触点未知；无付款则为 NULL。'
)
SQL SECURITY INVOKER
AS WITH
    (SELECT max(passed_day) FROM coverage_by_topic WHERE topic = 'taobao-purchases') AS passed,
    (SELECT oldest_day FROM coverage) AS oldest
SELECT
    brand_id,
    uniqExact(user_id) AS payers,
    uniqExact(order_id) AS orders,
    count() AS sub_orders,
    sum(o.gross_fen) AS gross_fen,
    sum(o.refunded_fen) AS refunded_fen,
    sum(o.net_fen) AS net_fen,
    countIf(o.touches > 0) AS touched_sub_orders,
    sum(if(o.touches > 0, o.net_fen, 0)) AS touched_net_fen,
    sum(if(ifNull(toDate(paid_at) <= passed - 15, false), 0, o.gross_fen)) / nullIf(sum(o.gross_fen), 0) AS refund_open_share,
    countIf(toDate(paid_at) - {lookback_days:UInt16} < oldest) / nullIf(count(), 0) AS left_edge_share
FROM order_paths(lookback_days = {lookback_days:UInt16}) AS o
WHERE toDate(paid_at) BETWEEN {since:Date} AND {until:Date}
GROUP BY brand_id
COMMENT 'What a brand sold on some days, and which part of it touches led to, one row per brand; people and orders must not be added up over days. 品牌在所选日期的成交及其中有触点的部分，每个品牌一行；人数与主订单数不可跨日相加。';
