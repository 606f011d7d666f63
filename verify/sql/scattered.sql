-- Users whose events lie in several partitions: their producers did not key them by user_id, and nothing joins them.
SELECT user_id
FROM expected_judged
WHERE reason = ''
GROUP BY user_id
HAVING uniqExact(`partition`) > 1
