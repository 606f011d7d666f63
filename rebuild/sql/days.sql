-- First and last day of the facts that are meant.
SELECT min(first) AS since, max(last) AS until
FROM
(
    SELECT minOrNull(day) AS first, maxOrNull(day) AS last
    FROM touches
    WHERE {brand} AND {touches_meant} AND {late}
    UNION ALL
    SELECT minOrNull(toDate(occurred_at) AS day), maxOrNull(day)
    FROM order_events
    WHERE {brand} AND {meant} AND {late}
)
