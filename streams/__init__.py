"""The Faust application: batches of a partition in, state, joins, rows for the sinks out."""
