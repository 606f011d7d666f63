-- How often a path went from one channel to the next, with what was paid in the paths that end. Start and end are empty;
-- an organic order goes from one to the other.
SELECT
    step.1 AS state,
    step.2 AS next,
    countIf(sub_order_id != '') AS conversions,
    countIf(sub_order_id = '') AS nulls,
    sumIf(gross_fen, next = '') AS gross_fen,
    sumIf(refunded_fen, next = '') AS refunded_fen
FROM channel_paths
ARRAY JOIN arrayZip(
    arrayPushFront(arrayCompact(channels), ''), arrayPushBack(arrayCompact(channels), '')) AS step
GROUP BY state, next
