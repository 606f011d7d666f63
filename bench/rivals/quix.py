"""Quix Streams: its interval join of payments with the concatenated touches, state in RocksDB, changelogs by default.

`join_interval` finds, for a payment, the touches of the same message key in the 30 days before it. The key is the user,
so its pairs are filtered by brand (keying by user and brand would mean to write all events to Kafka once more).
It holds nothing back for touches that come after their payment; instead, Quix reads topics of the same partition number
by the timestamps of their Kafka messages. So its rows are right where these follow event time; a touch may be missed
that has the same timestamp as its payment, in milliseconds.
"""

# mypy: disable-error-code="import-not-found, misc, no-any-return"
from typing import Any
from uuid import uuid4

from contest import (
    CLICKS,
    KINDS,
    PURCHASES,
    SAVES,
    VIEWS,
    Progress,
    Task,
    decoder,
    packages_of,
    rows_file,
)

with packages_of("quix"):
    import fastavro  # noqa: F401 (the decoder's)
    from quixstreams import Application
    from quixstreams.dataframe import StreamingDataFrame
    from quixstreams.models import Deserializer

Value = dict[str, Any]


class Avro(Deserializer):
    """Values of a source, behind the header that a schema registry's clients write."""

    def __init__(self, task: Task, source: str) -> None:
        super().__init__()
        self._decode = decoder(task, source)

    def __call__(self, value: bytes, ctx: object) -> Value:
        return self._decode(value)


def occurred_at(value: Value, headers: object, timestamp: float, kind: object) -> int:
    at: int = value["occurred_at"]
    return at


def main() -> None:
    task = Task.given()
    app = Application(
        broker_address=task.broker,
        consumer_group=f"quix-{uuid4().hex}",
        auto_offset_reset="earliest",
        # A long fetch would hold up each of the requests for offsets at the start.
        consumer_extra_config={"fetch.wait.max.ms": 50},
        state_dir=task.folder / "state",
        loglevel="WARNING",
    )
    with Progress(task.folder) as progress, rows_file(task) as write:

        def count(_: Value) -> None:
            progress.events += 1
            if progress.events == task.events:
                app.stop()

        def events(source: str) -> StreamingDataFrame:
            topic = app.topic(
                source, value_deserializer=Avro(task, source), timestamp_extractor=occurred_at
            )
            return app.dataframe(topic).update(count)

        def touches(source: str) -> StreamingDataFrame:
            frame = events(source)
            if source == SAVES:
                frame = frame[frame["action"] == "SAVE"]
            kind = KINDS[source]
            return frame.apply(
                lambda value: [value["brand_id"], kind, value["note_id"], value["occurred_at"]]
            )

        paid = events(PURCHASES)
        paid = paid[paid["kind"] == "PAY"].apply(
            lambda value: [value["brand_id"], value["sub_order_id"]]
        )
        touched = touches(VIEWS).concat(touches(SAVES)).concat(touches(CLICKS))
        pairs = paid.join_interval(
            touched,
            how="left",
            on_merge=lambda payment, touch: (payment, touch),
            grace_ms=task.lookback_ms,
            backward_ms=task.lookback_ms,
        )
        payments: set[str] = set()
        matched: set[str] = set()

        def row(pair: tuple[list[str], list[Any] | None]) -> None:
            (brand, sub_order), touch = pair
            payments.add(sub_order)
            if touch and touch[0] == brand:
                matched.add(sub_order)
                write([sub_order, *touch[1:]])

        pairs.update(row)
        app.run()
        for sub_order in payments - matched:
            write([sub_order, "", "", ""])


if __name__ == "__main__":
    main()
