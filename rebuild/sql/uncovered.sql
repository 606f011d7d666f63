too_late AND NOT arrayExists(
    done -> (done.1 = '' OR done.1 = brand_id) AND toDate(occurred_at) BETWEEN done.2 AND done.3 AND published_at <= done.4,
    (
        SELECT groupArray((brand_id, since, until, published_until))
        FROM rebuilds FINAL
        WHERE lookback_days >= {lookback_days}
    )
)
