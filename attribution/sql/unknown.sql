-- What was sold after no touch that is held within the window, though there may have been some.
SELECT count() AS sub_orders, sum(gross_fen) AS gross_fen, sum(refunded_fen) AS refunded_fen
FROM conversions_with_amounts
WHERE brand_id = %(brand)s AND {paid_days} AND {unknown}
