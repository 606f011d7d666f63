-- The first step comes from the views themselves. A view that is inserted twice gives its time twice, and the
-- minimum of both is the same.
--
-- seen by: nobody
-- brand: none
CREATE MATERIALIZED VIEW journey_entries TO journeys
(
    brand_id String COMMENT note,
    entry_date Date COMMENT 'Day of the views, Asia/Shanghai. 浏览日期（北京时间）。',
    note_id String,
    user_id String,
    entered_at DateTime64(3, 'Asia/Shanghai') COMMENT 'Earliest of the views that were inserted together, Asia/Shanghai time, to the millisecond. 同批写入的浏览中最早的时间（北京时间，毫秒）。'
)
AS SELECT brand_id, day AS entry_date, note_id, user_id, min(occurred_at) AS entered_at
FROM touches
WHERE kind = 'view'
GROUP BY brand_id, entry_date, note_id, user_id
COMMENT 'Feeds the views of touches into journeys. 将浏览写入 journeys。';
