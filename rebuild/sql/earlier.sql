-- Is there any fact of those times?
SELECT (SELECT count() FROM touches WHERE {read}) + (SELECT count() FROM order_events WHERE {read}) > 0
