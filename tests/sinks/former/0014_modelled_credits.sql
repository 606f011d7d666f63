-- What models found in the paths, one row per run. A run is named by the sort key, and a row holds all of its
-- channels: so the newest replaces the one before it whole, also channels that are gone. The credits.… arrays are one
-- Nested: element i of each describes channel i. No partition: runs of one name must meet to be merged.
CREATE TABLE IF NOT EXISTS modelled_credits
(
    brand_id String COMMENT 'Advertiser whose orders are credited. 被归因订单所属的品牌（广告主）。' CODEC(ZSTD(1)),
    model LowCardinality(String) COMMENT 'Model: markov or shapley. 归因模型：markov（马尔可夫链）或 shapley（沙普利值）。',
    dimension LowCardinality(String) COMMENT 'What the channels are: note, creator, surface or kind. 渠道的维度：笔记、博主、浏览入口或触点行为。',
    lookback_days UInt16 COMMENT 'How far before a payment a touch counts, in days of 24 hours. 付款前多少天内的触点计入，按 24 小时计。',
    since Nullable(Date) COMMENT 'First day of the payments and touches, Asia/Shanghai; NULL when there was no bound. 付款与触点的首日（北京时间）；未限定则为 NULL。',
    until Nullable(Date) COMMENT 'Last day of the payments and touches, Asia/Shanghai; NULL when there was no bound. 付款与触点的末日（北京时间）；未限定则为 NULL。',
    computed_at DateTime64(3, 'Asia/Shanghai') COMMENT 'When the paths were read, to the millisecond, Asia/Shanghai time: the newest run of a name stands. 读取路径的时间（北京时间，毫秒）：同名计算保留最新一次。',
    `credits.channel` Array(String) COMMENT 'Channels; empty for the orders without touches. 渠道；自然成交为空。' CODEC(ZSTD(1)),
    `credits.removal_effect` Array(Nullable(Float64)) COMMENT 'Share of the conversions that would be lost without each channel, 0 to 1; NULL unless the model is markov. 移除该渠道后损失的转化占比，0 到 1；非 markov 则为 NULL。' CODEC(ZSTD(1)),
    `credits.sub_orders` Array(Float64) COMMENT 'Sub-orders that are credited to each channel, a count with fractions. 各渠道分得的子订单数（可为小数）。' CODEC(ZSTD(1)),
    `credits.gross_fen` Array(Int64) COMMENT 'Payments that are credited to each channel, in fen (1/100 CNY). 各渠道分得的付款金额，单位分。' CODEC(ZSTD(1)),
    `credits.refunded_fen` Array(Int64) COMMENT 'Refunds that are credited to each channel, in fen (1/100 CNY). 各渠道分得的退款金额，单位分。' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(computed_at)
ORDER BY (brand_id, model, dimension, lookback_days, ifNull(since, toDate('1970-01-01')), ifNull(until, toDate('2149-06-06')))
COMMENT 'Credit that models found in the paths, one row per run of the command attribute once merged: read current_modelled_credits. 模型按路径计算的功劳，合并后 attribute 命令的每次计算一行：请查询 current_modelled_credits。';

CREATE VIEW IF NOT EXISTS current_modelled_credits
(
    brand_id String COMMENT 'Advertiser whose orders are credited. 被归因订单所属的品牌（广告主）。',
    model LowCardinality(String) COMMENT 'Model: markov or shapley. 归因模型：markov（马尔可夫链）或 shapley（沙普利值）。',
    dimension LowCardinality(String) COMMENT 'What the channels are: note, creator, surface or kind. 渠道的维度：笔记、博主、浏览入口或触点行为。',
    lookback_days UInt16 COMMENT 'How far before a payment a touch counts, in days of 24 hours. 付款前多少天内的触点计入，按 24 小时计。',
    since Nullable(Date) COMMENT 'First day of the payments and touches, Asia/Shanghai; NULL when there was no bound. 付款与触点的首日（北京时间）；未限定则为 NULL。',
    until Nullable(Date) COMMENT 'Last day of the payments and touches, Asia/Shanghai; NULL when there was no bound. 付款与触点的末日（北京时间）；未限定则为 NULL。',
    computed_at DateTime64(3, 'Asia/Shanghai') COMMENT 'When the paths were read, to the millisecond, Asia/Shanghai time. 读取路径的时间（北京时间，毫秒）。',
    channel String COMMENT 'Channel that is credited; empty for the orders without touches. 获得功劳的渠道；自然成交为空。',
    removal_effect Nullable(Float64) COMMENT 'Share of the conversions that would be lost without the channel, 0 to 1; NULL unless the model is markov. 移除该渠道后损失的转化占比，0 到 1；非 markov 则为 NULL。',
    sub_orders Float64 COMMENT 'Sub-orders that are credited, a count with fractions. 分得的子订单数（可为小数）。',
    gross_fen Int64 COMMENT 'Payments that are credited, in fen (1/100 CNY). 分得的付款金额，单位分。',
    refunded_fen Int64 COMMENT 'Refunds that are credited, in fen (1/100 CNY). 分得的退款金额，单位分。',
    net_fen Int64 COMMENT 'Money that stayed: gross_fen less refunded_fen, in fen (1/100 CNY). 净额：付款减退款，单位分。'
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
