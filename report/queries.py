"""What is asked, each of the views that the page names beside the figures.

Parameters: brand, since, until, window (days after viewing), days (24 hours each before paying), and of the credits how
many notes are shown.
"""

from typing import Final

from sinks.tables import FULL, MODELS

#: seen_since, seen_until: the oldest day, and the last on which two users were seen, in the topic that is furthest.
COVERAGE: Final = """
SELECT
    newest_day, lookback_days, oldest_day, begun_day, now64(3, 'Asia/Shanghai') AS made_at,
    (SELECT min(t.oldest_day) FROM coverage_by_topic AS t) AS seen_since,
    (SELECT ifNull(max(t.passed_day) + 1, max(t.newest_day)) FROM coverage_by_topic AS t) AS seen_until
FROM coverage
"""

#: Is there anything of the brand, on whatever day?
KNOWN: Final = """
SELECT 1 FROM (SELECT 1 FROM current_journeys WHERE brand_id = %(brand)s LIMIT 1)
UNION ALL
SELECT 1 FROM (SELECT 1 FROM current_conversions WHERE brand_id = %(brand)s LIMIT 1)
"""

_JOURNEYS: Final = """
FROM journey_steps(window_days = %(window)s) AS j
WHERE brand_id = %(brand)s AND entry_date BETWEEN %(since)s AND %(until)s
"""

#: Each person once: who has a journey that is open is open.
PEOPLE: Final = f"""
SELECT
    any_open AS is_open,
    count() AS viewers,
    countIf(has_saved) AS savers,
    countIf(has_clicked) AS clickers,
    countIf(has_bought) AS buyers,
    countIf(then_clicked) AS chain_clickers,
    countIf(then_bought) AS chain_buyers,
    countIf(save_open) AS saves_open,
    countIf(click_open) AS clicks_open,
    countIf(purchase_open) AS purchases_open
FROM
(
    SELECT
        max(j.saved) AS has_saved, max(j.clicked) AS has_clicked, max(j.bought) AS has_bought,
        max(j.chain_clicked) AS then_clicked, max(j.chain_bought) AS then_bought,
        max(j.saved_open) AS save_open, max(j.clicked_open) AS click_open, max(j.bought_open) AS purchase_open,
        max(j.open) AS any_open
    {_JOURNEYS}
    GROUP BY user_id
)
GROUP BY is_open
"""

#: All journeys of a day are open, or none is.
ENTRY_DAYS: Final = f"""
SELECT entry_date AS day, uniqExact(user_id) AS viewers, uniqExactIf(user_id, bought) AS buyers, max(j.open) AS is_open
{_JOURNEYS}
GROUP BY day
"""

SALES: Final = """
SELECT payers, orders, touched_net_fen, refund_open_share, left_edge_share
FROM sales(lookback_days = %(days)s, since = %(since)s, until = %(until)s)
WHERE brand_id = %(brand)s
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

#: Of the brand's events of the days, by topic.
LATE: Final = """
SELECT topic, count() AS events, countIf(e.too_late) AS late
FROM
(
    SELECT multiIf(kind = 'view', 'note-views', kind = 'click', 'link-clicks', 'note-saves') AS topic, too_late
    FROM current_touches
    WHERE brand_id = %(brand)s AND day BETWEEN %(since)s AND %(until)s
    UNION ALL
    SELECT 'taobao-purchases', too_late
    FROM current_order_events
    WHERE brand_id = %(brand)s AND toDate(occurred_at) BETWEEN %(since)s AND %(until)s
) AS e
GROUP BY topic
ORDER BY topic
"""
