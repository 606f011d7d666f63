-- What was joined anew: there is a row of each rebuild that went to its end.
SELECT brand_id, since, until, lookback_days, published_until
FROM {table} FINAL
