"""What is asked, each of the views that the page names beside the figures.

Parameters: brand, since, until, days (the lookback), and of the credits how many notes are shown.
"""

from typing import Final

from sinks.tables import FULL, MODELS

COVERAGE: Final = (
    "SELECT newest_day, lookback_days, now64(3, 'Asia/Shanghai') AS made_at FROM coverage"
)

#: Is there anything of the brand, on whatever day?
KNOWN: Final = """
SELECT 1 FROM (SELECT 1 FROM current_journeys WHERE brand_id = %(brand)s LIMIT 1)
UNION ALL
SELECT 1 FROM (SELECT 1 FROM current_conversions WHERE brand_id = %(brand)s LIMIT 1)
"""

_JOURNEYS: Final = """
FROM journey_steps(window_days = %(days)s)
WHERE brand_id = %(brand)s AND entry_date BETWEEN %(since)s AND %(until)s
"""

PEOPLE: Final = f"""
SELECT
    uniqExact(user_id) AS viewers,
    uniqExactIf(user_id, saved) AS savers,
    uniqExactIf(user_id, clicked) AS clickers,
    uniqExactIf(user_id, bought) AS buyers,
    uniqExactIf(user_id, chain_clicked) AS chain_clickers,
    uniqExactIf(user_id, chain_bought) AS chain_buyers
{_JOURNEYS}
"""

WINDOW_OVER: Final = f"{PEOPLE} AND NOT open"

OPEN_VIEWERS: Final = f"SELECT uniqExactIf(user_id, open) AS viewers {_JOURNEYS}"

#: All journeys of a day are open, or none is.
ENTRY_DAYS: Final = f"""
SELECT entry_date AS day, uniqExact(user_id) AS viewers, uniqExactIf(user_id, bought) AS buyers, max(open) AS is_open
{_JOURNEYS}
GROUP BY day
"""

ORDERS: Final = """
SELECT
    toString(via) AS way,
    sum(o.sub_orders) AS sub_orders,
    sum(o.gross_fen) AS gross_fen,
    sum(o.refunded_fen) AS refunded_fen
FROM direct_and_halo(lookback_days = %(days)s) AS o
WHERE brand_id = %(brand)s AND paid_date BETWEEN %(since)s AND %(until)s
GROUP BY way
"""

#: Sub-orders that were touched, by the days of 24 hours, begun ones included, from the first touch to the payment.
DAYS_TO_PURCHASE: Final = """
SELECT toUInt16(ceil(assumeNotNull(hours_from_first) / 24)) AS within, count() AS sub_orders
FROM order_paths(lookback_days = %(days)s)
WHERE brand_id = %(brand)s AND toDate(paid_at) BETWEEN %(since)s AND %(until)s AND touches > 0
GROUP BY within
"""

_BY_MODEL: Final = ",\n".join(
    f"        sumIf(c.net_fen, model = '{model}') AS {model}_fen" for model in (*MODELS, FULL)
)
_SUMS: Final = ", ".join(f"sum(n.{model}_fen) AS {model}" for model in (*MODELS, FULL))

#: The notes with the most linear credit; all others as one row, organic orders as another, and unknown ones.
CREDITS: Final = f"""
SELECT
    multiIf(n.unknown, 'unknown', n.note_id = '', 'organic', place <= %(notes)s, 'note', 'others') AS what,
    if(what = 'note', n.note_id, '') AS note,
    count() AS notes,
    {_SUMS}
FROM
(
    SELECT *, row_number() OVER (ORDER BY note_id = '', linear_fen DESC, note_id) AS place
    FROM
    (
        SELECT
            note_id,
            kind = 'unknown' AS unknown,
{_BY_MODEL}
        FROM credits_by_model(lookback_days = %(days)s) AS c
        WHERE brand_id = %(brand)s AND toDate(paid_at) BETWEEN %(since)s AND %(until)s AND weight > 0
        GROUP BY note_id, unknown
    )
) AS n
GROUP BY what, note
ORDER BY indexOf(['note', 'others', 'organic', 'unknown'], what), linear DESC, note
"""

FRESHNESS: Final = """
SELECT
    topic,
    max(f.newest_event_at) AS newest_event_at,
    min(f.complete_until) AS complete_until,
    max(f.late_share_day) AS late_share_day,
    sum(f.lag) AS lag
FROM freshness AS f
GROUP BY topic
ORDER BY topic
"""

#: What is equal is only counted. Rows without a brand are dead letters, which belong to none that could be trusted.
RECONCILED: Final = """
SELECT
    if(r.difference = 0, '', measure) AS what,
    if(r.difference = 0, '', found_in) AS place,
    r.reason AS why,
    count() AS comparisons,
    sum(r.expected) AS expected_sum,
    sum(r.found) AS found_sum
FROM reconciliation(lookback_days = %(days)s) AS r
WHERE brand_id IN (%(brand)s, '') AND day BETWEEN %(since)s AND %(until)s
GROUP BY what, place, why
ORDER BY what, place, why
"""
