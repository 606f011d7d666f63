{% macro waiting(kind, note_id="note_id") -%}
too_late AND ('{{ kind }}', brand_id, {{ note_id }}, user_id, occurred_at) IN (SELECT kind, brand_id, note_id, user_id, occurred_at FROM waiting_facts)
{%- endmacro %}
{% macro steps(measure, kind, source, keys) %}
    SELECT brand_id, day, '{{ measure }}', toInt64(count()), 'journeys', 0, '', countIf(entry_late OR ifNull(next_in_time >= window_end, 1)), 0
    FROM
    (
        SELECT
            brand_id, day, entry,
            late AS entry_late,
            toDateTime64(day + 1 + days, 3, 'Asia/Shanghai') AS window_end,
            minOrNullIf(at, NOT entry) OVER following AS next,
            minOrNullIf(at, NOT entry AND NOT late) OVER following AS next_in_time
        FROM
        (
            SELECT brand_id, note_id, user_id, day, min(occurred_at) AS at, argMin({{ waiting('view') }}, occurred_at) AS late, true AS entry
            FROM current_touches
            WHERE kind = 'view' AND ({{ keys }}) IN (SELECT {{ keys }} FROM {{ source }})
            GROUP BY brand_id, note_id, user_id, day
            UNION ALL
            SELECT brand_id, {{ "note_id" if "note_id" in keys else "''" }}, user_id, toDate(occurred_at), occurred_at, {{ waiting(kind, "note_id" if "note_id" in keys else "''") }}, false
            FROM {{ source }}
        )
        -- Those at the same time are before it in this order, too.
        WINDOW following AS (PARTITION BY {{ keys }} ORDER BY at DESC)
    )
    WHERE entry AND next < window_end
    GROUP BY brand_id, day
{% endmacro %}
-- Steps are compared within lookback_days days after that of viewing, or fewer where journeys hold fewer. The next save,
-- click or payment of each entry is found in one pass over what is sorted, the entries of people without any left out.
--
-- seen by: analyst
-- brand: as what it reads
CREATE VIEW reconciliation
(
    brand_id String COMMENT 'Brand; empty for dead letters, which belong to none that could be trusted. 品牌；死信没有可信的品牌，为空。',
    day Date COMMENT 'Day of the earliest payment, of viewing, or of what the row is about, Asia/Shanghai. 付款日、浏览日或该行所述事件的日期（北京时间）。',
    measure String,
    expected Int64,
    found_in String,
    found Int64,
    difference Int64,
    reason String COMMENT 'Why they differ; empty where they do not. 差异原因；无差异则为空。'
)
SQL SECURITY INVOKER
AS WITH least({lookback_days:UInt16}, (SELECT lookback_days FROM coverage)) AS days
SELECT
    brand_id, day, measure,
    toInt64(sum(events)) AS expected,
    found_in,
    toInt64(sum(rows)) AS found,
    found - expected AS difference,
    multiIf(
        difference = 0, '',
        any(why) != '', any(why),
        difference < 0 AND difference + toInt64(sum(late)) >= 0, 'Events that came too late take part in what is expected, and no rebuild has joined them yet: have an operator run zhongcao rebuild --late.',
        sum(doubtful) > 0, 'An id came under several users, brands or contents, or a payment with several times, and each may have taken part: conflicting_ids has it.',
        'Some rows of a batch are not there yet, or rows were lost: ask again, and if it stays have an operator verify the tables.'
    ) AS reason
FROM
(
    -- What the events say stands beside each place where it is found again; sums bring the two together.
    SELECT brand_id, toDate(assumeNotNull(paid_at)) AS day, m.1 AS measure, m.2 AS events, found_in, toInt64(0) AS rows, '' AS why, toUInt64(0) AS late, toUInt64(0) AS doubtful
    FROM sub_order_amounts
    ARRAY JOIN
        [('sub-orders', toInt64(1)), ('gross_fen', gross_fen), ('refunded_fen', refunded_fen), ('net_fen', net_fen)] AS m
    ARRAY JOIN
        ['conversions'{% for model in adding_up %}, 'credits: {{ model }}'{% endfor %}] AS found_in
    WHERE paid_at IS NOT NULL
    UNION ALL
    SELECT brand_id, toDate(paid_at), m.1, 0, 'conversions', m.2, '', 0, 0
    FROM conversions_with_amounts
    ARRAY JOIN [('sub-orders', toInt64(1)), ('gross_fen', gross_fen), ('refunded_fen', refunded_fen), ('net_fen', net_fen)] AS m
    UNION ALL
    SELECT brand_id, day, m.1, 0, concat('credits: ', model), m.2, '', 0, 0
    FROM
    (
        SELECT
            brand_id, toDate(paid_at) AS day, c.model AS model,
            toInt64(round(sum(c.weight))) AS sub_orders,
            sum(c.gross_fen) AS gross_fen,
            sum(c.refunded_fen) AS refunded_fen,
            sum(c.net_fen) AS net_fen
        FROM credits_by_model(lookback_days = {lookback_days:UInt16}) AS c
        WHERE model NOT IN ({{ not_adding_up | literals }})
        GROUP BY brand_id, day, model
    )
    ARRAY JOIN [('sub-orders', sub_orders), ('gross_fen', gross_fen), ('refunded_fen', refunded_fen), ('net_fen', net_fen)] AS m
    UNION ALL
    SELECT brand_id, day, 'journeys', toInt64(count()), 'journeys', 0, '', countIf(all_late), 0
    FROM
    (
        SELECT brand_id, day, note_id, user_id, min({{ waiting('view') }}) AS all_late
        FROM current_touches
        WHERE kind = 'view'
        GROUP BY brand_id, day, note_id, user_id
    )
    GROUP BY brand_id, day
    UNION ALL
{{ steps("savers", "save", "(SELECT * FROM current_touches WHERE kind = 'save')", "brand_id, note_id, user_id") -}}
    UNION ALL
{{ steps("clickers", "click", "click_times", "brand_id, note_id, user_id") -}}
    UNION ALL
{{ steps("buyers", "payment", "(SELECT * FROM current_order_events WHERE kind = 'PAY')", "brand_id, user_id") -}}
    UNION ALL
    SELECT brand_id, entry_date, m.1, 0, 'journeys', m.2, '', 0, 0
    FROM
    (
        SELECT
            brand_id, entry_date,
            toDateTime64(entry_date + 1 + days, 3, 'Asia/Shanghai') AS window_end,
            toInt64(count()) AS entries,
            toInt64(countIf(saved_at < window_end)) AS savers,
            toInt64(countIf(clicked_at < window_end)) AS clickers,
            toInt64(countIf(purchased_at < window_end)) AS buyers
        FROM current_journeys
        GROUP BY brand_id, entry_date
    )
    ARRAY JOIN [('journeys', entries), ('savers', savers), ('clickers', clickers), ('buyers', buyers)] AS m
    UNION ALL
    -- Journeys of the days before it may have the step.
    SELECT brand_id, day - back, if(what = 'click', 'clickers', 'buyers'), 0, 'journeys', 0, '', 0, toUInt64(users > 1 OR brands > 1 OR if(what = 'click', contents, times) > 1)
    FROM conflicting_ids
    ARRAY JOIN range(days + 1) AS back
    UNION ALL
    SELECT brand_id, day, m.1, 0, if(what = 'click', 'touches', 'order_events'), m.2, m.3, 0, 0
    FROM conflicting_ids
    ARRAY JOIN
    [
        (concat(what, ' ids under several users'), toInt64(users > 1), 'One id came under several users: each of them has a step of it, and one of them the order.'),
        (concat(what, ' ids under several brands'), toInt64(brands > 1), 'One id came under several brands: it is in the numbers of each of them.'),
        (concat(what, ' ids whose contents differ'), toInt64(contents > 1), 'One id came with different contents: either may stand; of a transaction, each sub-order counts it.'),
        (concat(what, ' ids stamped again'), toInt64(times > 1), 'One id came with different times: it is one, at the earliest.')
    ] AS m
    WHERE m.2 > 0
    UNION ALL
    SELECT brand_id, toDate(occurred_at), 'touches that were too late', 0, 'touches', 1, 'They arrived after the allowed lateness, and no rebuild has covered them: what the workers still held was joined with them; a rebuild joins the rest.', 0, 0
    FROM waiting_facts
    WHERE kind != 'payment'
    UNION ALL
    SELECT brand_id, toDate(occurred_at), 'payments that were too late', 0, 'order_events', 1, 'They arrived after the allowed lateness, and no rebuild has covered them: they count, but their paths may lack touches (path_incomplete).', 0, 0
    FROM waiting_facts
    WHERE kind = 'payment'
    UNION ALL
    SELECT brand_id, toDate(paid_at), 'sub-orders that lack touches', 0, 'conversions', 1, 'Touches that came too late are not in their paths, so they may say organic wrongly: have an operator run zhongcao rebuild --late.', 0, 0
    FROM
    (
        SELECT
            brand_id, paid_at,
            paid_at - toIntervalDay(least(days, lookback_days)) AS window_begin,
            -- Of a path that was cut, what is older than its first touch is not lacking.
            if(path_truncated, greatest(window_begin, `path.occurred_at`[1] + toIntervalMillisecond(1)), window_begin) AS since,
            arrayDistinct(arrayMap(t -> t.2, arrayFilter(t -> t.1 >= since AND t.1 <= paid_at, late))) AS asked,
            -- A click counts once, whichever of its times is the path's.
            arrayMap((k, n, c, at) -> if(k = 'click', sipHash64(c), sipHash64(toString(k), n, at)), `path.kind`, `path.note_id`, `path.click_id`, `path.occurred_at`) AS held
        FROM current_conversions
        ANY INNER JOIN
        (
            SELECT brand_id, user_id, groupArray((occurred_at, if(kind = 'click', sipHash64(click_id), sipHash64(toString(kind), note_id, occurred_at)))) AS late
            FROM waiting_facts
            WHERE kind != 'payment'
            GROUP BY brand_id, user_id
        ) AS w USING (brand_id, user_id)
        -- Paths of crowded users are empty, whatever there is.
        WHERE NOT (path_truncated AND empty(`path.kind`))
    )
    WHERE length(arrayIntersect(asked, held)) < length(asked)
    UNION ALL
    SELECT brand_id, toDate(max(occurred_at)), 'refunded_fen without a payment', 0, 'order_events', toInt64(sum(amount_fen)), 'No payment of their sub-orders has arrived: these refunds are in no conversion.', 0, 0
    FROM current_order_events
    GROUP BY brand_id, sub_order_id
    HAVING countIf(kind = 'PAY') = 0
    UNION ALL
    SELECT '', day, concat('dead letters: ', reason), 0, topic, toInt64(messages), 'They could not be used: current_dead_letters says why, message by message.', 0, 0
    FROM dead_letters_by_day
    -- Former versions had what was too late there as well.
    WHERE reason != 'too_late'
)
GROUP BY brand_id, day, measure, found_in
COMMENT 'Every number beside what the events say it must be, by brand and day; where they differ, the reason. 各数值与事件明细逐项对账，按品牌与日期；有差异则说明原因。';
