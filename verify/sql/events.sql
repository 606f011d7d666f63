-- Each valid event at each of its times, once: all other rows follow from these. An id that is stamped again has several.
-- late: rows that it belongs to may lie between those without the events that are missed and those of all events.
-- missed: it may be in none of them. A rebuild mends both, if the tables have the event: of an order line that was
-- stamped again they have the least time only, and journeys each of them.
-- published_unknown: when the event was published is believed, because not every delivery is held.
WITH
    (
        SELECT groupArray((brand_id, since, until, published_until))
        FROM copied_rebuilds
        WHERE lookback_days >= {lookback_days}
    ) AS rebuilds
SELECT
    * EXCEPT (may_be_late, may_be_missed, delivered_at, found_at, in_tables),
    in_tables AND arrayExists(
        done -> done.1 IN ('', brand_id) AND toDate(occurred_at) BETWEEN done.2 AND done.3 AND published_at <= done.4,
        rebuilds
    ) AS rebuilt,
    may_be_late AND NOT rebuilt AS late,
    may_be_missed AND NOT rebuilt AS missed,
    toUnixTimestamp64Milli(published_at) != delivered_at AS published_unknown,
    fromUnixTimestamp64Milli(
        multiIf(
            former, 0,
            -- Deliveries of former topics came before.
            {epoch} > 0 AND found_at < delivered_at
                AND found_at >= toUnixTimestamp64Milli(occurred_at) - 86400000, found_at,
            delivered_at
        ),
        'Asia/Shanghai'
    ) AS published_at
FROM
(
    SELECT
        topic,
        identity,
        fromUnixTimestamp64Milli(d.occurred_at, 'Asia/Shanghai') AS occurred_at,
        any(d.kind) AS kind,
        any(d.user_id) AS user_id,
        any(d.brand_id) AS brand_id,
        any(d.note_id) AS note_id,
        any(d.surface) AS surface,
        any(d.promoted) AS promoted,
        any(d.dwell_ms) AS dwell_ms,
        any(d.click_id) AS click_id,
        any(d.item_id) AS item_id,
        any(d.placement) AS placement,
        any(d.platform) AS platform,
        any(d.shop_id) AS shop_id,
        any(d.order_id) AS order_id,
        any(d.sub_order_id) AS sub_order_id,
        any(d.txn_id) AS txn_id,
        any(d.quantity) AS quantity,
        any(d.amount_fen) AS amount_fen,
        -- Of the delivery that was published first, which stands. One that was refused may have been taken when it was
        -- read again.
        argMin(called_late, (kafka_timestamp, called_late != found_late)) AS too_late,
        any(d.taken) AS in_tables,
        any(found_published) AS found_at,
        ifNull(
            min(if(refused AND kafka_timestamp != found_published, NULL, kafka_timestamp)),
            min(kafka_timestamp)
        ) AS delivered_at,
        count() AS deliveries,
        countIf(called_late) AS late_deliveries,
        max(d.former) AS former,
        min(d.late) AS may_be_late,
        min(d.missed) AS may_be_missed
    FROM expected_deliveries AS d
    WHERE reason = ''
    GROUP BY topic, identity, d.occurred_at
)
