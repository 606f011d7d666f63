-- What too few rebuilds have covered is told by the rule of rebuild --late. Few facts are late: they are found by one
-- column, and only what shares their keys is compared.
--
-- seen by: analyst
-- brand: brand_id
CREATE VIEW waiting_facts
(
    brand_id String COMMENT note,
    kind LowCardinality(String) COMMENT 'What it is: view, save, click or payment. 浏览 view、收藏 save、点击 click 或付款 payment。',
    note_id String COMMENT 'Note of a touch; empty for a payment. 触点的笔记；付款为空。',
    user_id String,
    click_id String COMMENT touch,
    occurred_at DateTime64(3, 'Asia/Shanghai')
)
AS SELECT brand_id, kind, note_id, user_id, click_id, occurred_at
FROM
(
    SELECT brand_id, toLowCardinality(toString(t.kind)) AS kind, note_id, user_id, click_id, occurred_at, published_at
    FROM touches AS t FINAL
    WHERE too_late AND t.kind != 'unsave' AND (brand_id, note_id, day) IN (SELECT brand_id, note_id, day FROM touches WHERE too_late)
    UNION ALL
    SELECT brand_id, toLowCardinality('payment'), '', user_id, '', occurred_at, published_at
    FROM order_events AS o FINAL
    WHERE too_late AND o.kind = 'PAY' AND (brand_id, platform, sub_order_id) IN (SELECT brand_id, platform, sub_order_id FROM order_events WHERE too_late)
)
WHERE NOT arrayExists(
    done -> (done.1 = '' OR done.1 = brand_id) AND toDate(occurred_at) BETWEEN done.2 AND done.3 AND published_at <= done.4,
    (
        SELECT groupArray((brand_id, since, until, published_until))
        FROM rebuilds FINAL
        WHERE lookback_days >= (SELECT lookback_days FROM coverage)
        SETTINGS empty_result_for_aggregation_by_empty_set = 0
    )
)
COMMENT 'Touches and payments that came too late and that no rebuild has joined since, one row per fact. 迟到且尚未由重建补上的触点与付款，每个事件一行。';
