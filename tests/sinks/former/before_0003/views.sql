-- Those of former versions that read what 0003 changes.
CREATE MATERIALIZED VIEW journey_entries TO journeys
(brand_id String, entry_date Date, note_id String, user_id String, entered_at DateTime64(3, 'Asia/Shanghai'))
AS SELECT brand_id, day AS entry_date, note_id, user_id, min(occurred_at) AS entered_at
FROM touches WHERE kind = 'view' AND in_time = 1 GROUP BY brand_id, entry_date, note_id, user_id;

CREATE VIEW current_touches AS SELECT brand_id, note_id, day, kind, user_id, occurred_at, CAST(too_late AS Bool) AS too_late FROM touches FINAL;

CREATE VIEW current_conversions AS SELECT brand_id, sub_order_id, direct FROM conversions FINAL;

CREATE VIEW order_paths AS SELECT brand_id, sub_order_id, direct FROM current_conversions WHERE sub_order_id != {sub_order_id:String};
