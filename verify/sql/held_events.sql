-- The events that are in all rows that they belong to, of those users and brands some of whose events may not be.
SELECT *
FROM expected_events
WHERE NOT missed AND (brand_id, user_id) IN (SELECT brand_id, user_id FROM expected_events WHERE late)
