-- seen by: analyst
-- brand: as what it reads
CREATE VIEW credits_by_model
(
    model LowCardinality(String) COMMENT 'Model that credits: {{ models | words('or') }}. 归因模型。',
    brand_id String,
    platform LowCardinality(String),
    sub_order_id String,
    order_id String,
    user_id String,
    paid_at DateTime64(3, 'Asia/Shanghai'),
    touch UInt32,
    touched_at Nullable(DateTime64(3, 'Asia/Shanghai')),
    note_id String COMMENT credited,
    kind {{ credited_kind }} COMMENT credited,
    weight Float64,
    gross_fen Int64 COMMENT share,
    refunded_fen Int64 COMMENT share,
    net_fen Int64,
    path_truncated Bool,
    path_incomplete Bool
)
SQL SECURITY INVOKER
AS
{% for model in models %}
{{ "UNION ALL " if not loop.first }}SELECT toLowCardinality('{{ model }}') AS model, * FROM attribution_credits(model = '{{ model }}', lookback_days = {lookback_days:UInt16})
{% endfor %}
COMMENT 'The credits of attribution_credits under each model, one row per model, sub-order and touch: models side by side. 各模型的触点归因并列，每个模型、子订单、触点一行。';
