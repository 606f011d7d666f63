-- A click that was stamped again counts, in a journey, at the least of its times within the horizon: so each time is
-- needed, and current_touches has the least alone.
--
-- seen by: analyst
-- brand: brand_id
CREATE VIEW click_times
(
    brand_id String COMMENT note,
    note_id String,
    user_id String,
    click_id String COMMENT touch,
    occurred_at DateTime64(3, 'Asia/Shanghai'),
    too_late Bool
)
AS SELECT brand_id, note_id, user_id, click_id, occurred_at, too_late
FROM touches FINAL
WHERE kind = 'click'
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Link clicks with each of their times, one row per click and time. 点击及其每个时间，每次点击的每个时间一行。';
