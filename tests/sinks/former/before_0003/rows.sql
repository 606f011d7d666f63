-- Older engines wait for more where rows are VALUES. Versions are epoch 3, then events. What is replaced comes in a part of its own, so that it is there, too.
INSERT INTO touches (brand_id, note_id, kind, user_id, occurred_at, click_id, item_id, surface, in_time)
SELECT 'b', 'n', 'view', 'u', '2025-06-16 12:00:00.000', '', '', 'SEARCH', 1
UNION ALL SELECT 'b', 'n', 'click', 'u', '2025-06-16 12:00:09.000', 'c1', 'i', '', 1
UNION ALL SELECT 'b', 'n', 'click', 'u', '2025-06-16 12:00:05.000', 'c1', 'i', '', 1
UNION ALL SELECT 'b', 'n', 'view', 'late', '2025-03-01 12:00:00.000', '', '', 'EXPLORE', 0
UNION ALL SELECT 'b', 'n', 'view', 'late', '2025-03-01 11:00:00.000', '', '', 'EXPLORE', 0;

INSERT INTO touches (brand_id, note_id, kind, user_id, occurred_at, surface, in_time)
SELECT 'b', 'n', 'view', 'u', '2025-06-16 12:00:00.000', 'SEARCH', 0;

INSERT INTO order_events (kind, brand_id, user_id, sub_order_id, txn_id, amount_fen, occurred_at, in_time)
SELECT 'PAY', 'b', 'u', 'standing', 't1', 500, '2025-06-17 12:00:00.000', 1
UNION ALL SELECT 'REFUND', 'b', 'u', 'standing', 't2', 100, '2025-06-18 12:00:00.000', 0;

INSERT INTO order_events (kind, brand_id, user_id, sub_order_id, txn_id, amount_fen, occurred_at, in_time)
SELECT 'PAY', 'b', 'u', 'standing', 't1', 500, '2025-06-17 12:00:00.000', 0;

INSERT INTO conversions (brand_id, sub_order_id, user_id, item_id, click_id, paid_at, direct, lookback_days, `path.occurred_at`, `path.kind`, `path.note_id`, `path.item_id`, `path.click_id`, path_truncated, path_incomplete, version)
SELECT 'b', 'standing', 'u', 'i', 'c1', '2025-06-17 12:00:00.000', false, 30, [], [], [], [], [], false, false, bitShiftLeft(toUInt128(3), 112) + 10
UNION ALL SELECT 'b', 'crowded', 'u', 'i', NULL, '2025-06-17 12:00:00.000', false, 30, [], [], [], [], [], true, true, bitShiftLeft(toUInt128(3), 112) + bitShiftLeft(toUInt128(1), 63) + 7
UNION ALL SELECT 'b', 'incomplete', 'u', 'j', 'c9', '2025-01-17 12:00:00.000', false, 15, [], [], [], [], [], false, true, bitShiftLeft(toUInt128(3), 112) + 7;

INSERT INTO conversions (brand_id, sub_order_id, user_id, item_id, click_id, paid_at, direct, lookback_days, `path.occurred_at`, `path.kind`, `path.note_id`, `path.item_id`, `path.click_id`, path_truncated, path_incomplete, version)
SELECT 'b', 'standing', 'u', 'i', 'c1', '2025-06-17 12:00:00.000', true, 30, ['2025-06-16 12:00:00.000', '2025-06-16 12:00:05.000', '2025-06-16 12:00:09.000'], ['view', 'click', 'click'], ['n', 'n', 'n'], ['', 'i', 'other'], ['', 'c1', 'c2'], false, false, bitShiftLeft(toUInt128(3), 112) + 90;

INSERT INTO dead_letters (topic, `partition`, `offset`, reason, key, payload, kafka_timestamp)
SELECT 'note-views', 0, 7, 'undecodable', 'u', 'junk', '2025-06-17 12:00:00.000'
UNION ALL SELECT 'note-views', 0, 8, 'undecodable', 'u', 'junk', '2025-06-18 12:00:00.000';

INSERT INTO progress (topic, `partition`, slot, next_offset, end_offset, expired_unread, newest_message_at, complete_until)
SELECT 'note-views', 0, '2025-06-17 12:00:00.000', 9, 20, 2, '2025-06-17 12:05:00.000', '2025-06-17 00:00:00.000';
