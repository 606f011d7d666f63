-- What was paid after which channels and no others; after none, for organic orders.
SELECT
    arraySort(arrayDistinct(channels)) AS coalition,
    count() AS sub_orders,
    sum(gross_fen) AS gross_fen,
    sum(refunded_fen) AS refunded_fen
FROM channel_paths
GROUP BY coalition
