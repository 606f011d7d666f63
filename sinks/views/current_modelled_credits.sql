-- seen by: analyst
-- brand: brand_id
CREATE VIEW current_modelled_credits
(
    brand_id String COMMENT credited,
    model LowCardinality(String),
    dimension LowCardinality(String),
    lookback_days UInt16 COMMENT model,
    since Nullable(Date),
    until Nullable(Date),
    computed_at DateTime64(3, 'Asia/Shanghai') COMMENT 'When the paths were read, to the millisecond, Asia/Shanghai time. 读取路径的时间（北京时间，毫秒）。',
    channel String,
    removal_effect Nullable(Float64),
    sub_orders Float64 COMMENT 'Sub-orders that are credited, a count with fractions. 分得的子订单数（可为小数）。',
    gross_fen Int64 COMMENT credited,
    refunded_fen Int64 COMMENT credited,
    net_fen Int64 COMMENT stayed
)
AS SELECT
    brand_id, model, dimension, lookback_days, since, until, computed_at,
    credits.channel AS channel,
    credits.removal_effect AS removal_effect,
    credits.sub_orders AS sub_orders,
    credits.gross_fen AS gross_fen,
    credits.refunded_fen AS refunded_fen,
    gross_fen - refunded_fen AS net_fen
FROM modelled_credits FINAL
ARRAY JOIN credits
COMMENT 'Credit by channel as a model computed it from the paths, the newest run for each choice of model, channels, window and days; the channels of a run add up to what was sold. 模型按路径计算的各渠道功劳，每组参数取最新一次；同一次计算的各渠道合计等于成交额。';
