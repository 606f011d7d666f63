-- seen by: analyst
-- brand: as what it reads
CREATE VIEW attribution
(
    brand_id String,
    note_id String COMMENT 'Note that is credited; empty for orders without a touch in the window that is held. 获得功劳的笔记；窗口内没有已存触点的订单为空。',
    kind {{ credited_kind }} COMMENT 'Kind of the touches; organic for orders without touches, unknown for those without one that is held, though there may have been some. 触点的行为；无触点的自然成交为 organic，没有已存触点但可能有过的为 unknown。',
    paid_date Date,
    touch_date Nullable(Date),
    sub_orders Float64 COMMENT 'Sub-orders that are credited, a sum of weights. 分得的子订单数（权重之和）。',
    gross_fen Int64 COMMENT credited,
    refunded_fen Int64 COMMENT credited,
    net_fen Int64
)
SQL SECURITY INVOKER
AS SELECT
    brand_id, note_id, kind,
    toDate(paid_at) AS paid_date,
    toDate(touched_at) AS touch_date,
    sum(c.weight) AS sub_orders,
    sum(c.gross_fen) AS gross_fen,
    sum(c.refunded_fen) AS refunded_fen,
    sum(c.net_fen) AS net_fen
FROM attribution_credits(model = {model:String}, lookback_days = {lookback_days:UInt16}) AS c
WHERE c.weight > 0
GROUP BY brand_id, note_id, kind, paid_date, touch_date
COMMENT 'Credit summed by note, kind of touch, day of payment and day of touch, under a model and a window. 按笔记、触点行为、付款日与触点日汇总的归因结果。';
