-- Each message with what it is: why it is no valid event (reason), and which event it is (identity).
-- docs/definitions.md §1.3, §11.1.
SELECT
    *,
    multiIf(
        topic IN ('note-views', 'note-saves'), [user_id, note_id, brand_id],
        topic = 'link-clicks', [user_id, assumeNotNull(click_id), note_id, brand_id, item_id],
        [user_id, txn_id, order_id, sub_order_id, shop_id, brand_id, item_id, ifNull(click_id, 'none')]
    ) AS ids,
    multiIf(
        damage != '', damage,
        arrayExists(id -> lengthUTF8(id) NOT BETWEEN 1 AND 64, ids), 'invalid_field',
        topic = 'taobao-purchases' AND (amount_fen NOT BETWEEN 0 AND 10000000000000 OR quantity < 1), 'invalid_field',
        topic IN ('note-saves', 'taobao-purchases') AND lower(kind) = 'other', 'invalid_field',
        topic = 'note-views' AND ifNull(dwell_ms, 0) < 0, 'invalid_field',
        lower(kind) = 'other', 'invalid_field',
        toYear(fromUnixTimestamp64Milli(occurred_at, 'Asia/Shanghai')) NOT BETWEEN 1992 AND 2099, 'invalid_field',
        kafka_timestamp < 0, 'no_timestamp',
        occurred_at > least(kafka_timestamp, read_at) + 86400000, 'from_the_future',
        ''
    ) AS reason,
    if(topic = 'taobao-purchases', 'TAOBAO', '') AS platform,
    multiIf(
        topic IN ('note-views', 'note-saves'), toString((kind, user_id, note_id, occurred_at)),
        topic = 'link-clicks', assumeNotNull(click_id),
        toString((platform, txn_id, kind))
    ) AS identity
FROM {messages}
