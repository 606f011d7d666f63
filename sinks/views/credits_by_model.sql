CREATE OR REPLACE VIEW credits_by_model
(
    model LowCardinality(String) COMMENT 'Model that credits: first, last, last_click, linear, position, time_decay or full. 归因模型。',
    brand_id String COMMENT 'Advertiser that the item belongs to. 商品所属的品牌（广告主）。',
    sub_order_id String COMMENT 'Sub-order: one line of the order, with one item. 子订单：订单中的一行，对应一个商品。',
    order_id String COMMENT 'Order of the earliest payment. 最早一笔付款所属的主订单。',
    user_id String COMMENT 'Account shared by Xiaohongshu and Taobao. 打通后的用户账号（小红书与淘宝一致）。',
    paid_at DateTime64(3, 'Asia/Shanghai') COMMENT 'Earliest payment, to the millisecond, shown in Asia/Shanghai time. 最早付款时间，精确到毫秒，按北京时间显示。',
    touch UInt32 COMMENT 'Number of the touch within the window, 1 for the earliest; 0 for an order without touches. 触点在窗口内的序号，最早为 1；自然成交为 0。',
    touched_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT 'When the touch happened, to the millisecond, Asia/Shanghai time; NULL for an order without touches. 触点时间（北京时间，毫秒）；自然成交为 NULL。',
    note_id String COMMENT 'Note of the touch; empty for an order without touches. 触点的笔记；自然成交为空。',
    kind Enum8('organic' = 0, 'view' = 1, 'save' = 2, 'click' = 4) COMMENT 'Kind of the touch; organic for an order without touches. 触点的行为；自然成交为 organic。',
    weight Float64 COMMENT 'Share of the order that is credited to the touch, 0 to 1. 该触点分得的权重，0 到 1。',
    gross_fen Int64 COMMENT 'Share of the payments, in fen (1/100 CNY). 分得的付款金额，单位分。',
    refunded_fen Int64 COMMENT 'Share of the refunds, in fen (1/100 CNY). 分得的退款金额，单位分。',
    net_fen Int64 COMMENT 'gross_fen less refunded_fen, in fen (1/100 CNY). 净额：付款减退款，单位分。'
)
SQL SECURITY INVOKER
AS SELECT toLowCardinality('first') AS model, * FROM attribution_credits(model = 'first', lookback_days = {lookback_days:UInt16})
UNION ALL SELECT toLowCardinality('last') AS model, * FROM attribution_credits(model = 'last', lookback_days = {lookback_days:UInt16})
UNION ALL SELECT toLowCardinality('last_click') AS model, * FROM attribution_credits(model = 'last_click', lookback_days = {lookback_days:UInt16})
UNION ALL SELECT toLowCardinality('linear') AS model, * FROM attribution_credits(model = 'linear', lookback_days = {lookback_days:UInt16})
UNION ALL SELECT toLowCardinality('position') AS model, * FROM attribution_credits(model = 'position', lookback_days = {lookback_days:UInt16})
UNION ALL SELECT toLowCardinality('time_decay') AS model, * FROM attribution_credits(model = 'time_decay', lookback_days = {lookback_days:UInt16})
UNION ALL SELECT toLowCardinality('full') AS model, * FROM attribution_credits(model = 'full', lookback_days = {lookback_days:UInt16}) AS c
COMMENT 'The credits of attribution_credits under each model, one row per model, sub-order and touch: models side by side. 各模型的触点归因并列，每个模型、子订单、触点一行。';
