"""Checks what the workers wrote, from the messages themselves.

    Kafka ──► records: decoded one by one with Apache Avro's library ──► scratch database in ClickHouse
                                                                             │  expected rows, in plain SQL
    tables ─► a copy of the live rows ───────────────────────────────────────┤
                                                                             ▼
                                                              missing, extra, differing, doubled

Nothing of the pipeline's decoding, state or join takes part: consumer, decoding and computation are others. What
cannot be known from the messages alone is the order in which a worker read them, and so which events it met too late.
There facts and dead letters are believed if they are possible, and the rows must follow: those of all events, but that
late ones which no rebuild has joined may be missing.
"""
