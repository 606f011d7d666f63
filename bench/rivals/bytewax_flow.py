"""Bytewax: a Kafka source over the four topics, and one stateful step keyed by user and brand.

Bytewax's own windows and joins have no interval that begins at each purchase (an interval join exists only in the
commercial package bytewax-interval), so the join is a `StatefulBatchLogic`, which is how Bytewax means such cases to be
written. It keeps both sides, because sources are not synchronised: a touch finds the payments that came before it, a
payment the touches; payments that found none are told at the end of input. So its rows do not depend on the order of
arrival, and are all right. The state lives in memory, without Bytewax's recovery: nothing is written to disk, and
nothing expires. One worker.
"""

# mypy: disable-error-code="import-not-found, misc"
from collections.abc import Iterable, Iterator

from contest import KINDS, PURCHASES, SAVES, Progress, Task, Write, decoder, packages_of, rows_file

with packages_of("bytewax_flow"):
    import fastavro  # noqa: F401 (the decoder's)
    from bytewax import operators as op
    from bytewax.connectors.kafka import KafkaSource, KafkaSourceMessage
    from bytewax.dataflow import Dataflow
    from bytewax.operators import StatefulBatchLogic
    from bytewax.outputs import DynamicSink, StatelessSinkPartition
    from bytewax.testing import run_main

BATCH = 10_000

#: kind ("pay" for a payment), note or sub-order, occurred_at
Item = tuple[str, str, int]
#: touches, payments, and which of these found a touch
State = tuple[list[Item], list[Item], set[str]]
#: sub_order_id, kind, note_id, occurred_at
Row = tuple[str, str, str, int | str]


class Join(StatefulBatchLogic):
    """The touches and payments of a user and a brand."""

    def __init__(self, lookback_ms: int, resumed: State | None) -> None:
        self._lookback_ms = lookback_ms
        self._touches, self._payments, self._matched = resumed or ([], [], set())

    def on_batch(self, values: list[Item]) -> tuple[Iterable[Row], bool]:
        rows = [
            self._row(item, other) if item[0] == "pay" else self._row(other, item)
            for item in values
            for other in self._others(item)
        ]
        self._matched.update(row[0] for row in rows)
        return rows, self.RETAIN

    def on_eof(self) -> tuple[Iterable[Row], bool]:
        organic = (name for _, name, _ in self._payments if name not in self._matched)
        return [(name, "", "", "") for name in organic], self.RETAIN

    def snapshot(self) -> State:
        return list(self._touches), list(self._payments), set(self._matched)

    def _others(self, item: Item) -> Iterator[Item]:
        """Keeps the item; what came before and joins with it."""
        kind, _, at = item
        if kind == "pay":
            self._payments.append(item)
            yield from (it for it in self._touches if at - self._lookback_ms <= it[2] <= at)
        else:
            self._touches.append(item)
            yield from (it for it in self._payments if it[2] - self._lookback_ms <= at <= it[2])

    @staticmethod
    def _row(payment: Item, touch: Item) -> Row:
        return (payment[1], *touch)


class Rows(StatelessSinkPartition):
    def __init__(self, write: Write) -> None:
        self._write = write

    def write_batch(self, items: list[tuple[str, Row]]) -> None:
        for _, row in items:
            self._write(row)


class RowsSink(DynamicSink):
    def __init__(self, write: Write) -> None:
        self._write = write

    def build(self, step_id: str, worker_index: int, worker_count: int) -> Rows:
        return Rows(self._write)


def flow(task: Task, progress: Progress, write: Write) -> Dataflow:
    decoders = {source: decoder(task, source) for source in task.ends}

    def items(messages: list[KafkaSourceMessage]) -> Iterator[tuple[str, Item]]:
        for message in messages:
            record = decoders[message.topic](message.value)
            key = f"{record['user_id']}|{record['brand_id']}"
            at = record["occurred_at"]
            if message.topic == PURCHASES:
                if record["kind"] == "PAY":
                    yield key, ("pay", record["sub_order_id"], at)
            elif message.topic != SAVES or record["action"] == "SAVE":
                yield key, (KINDS[message.topic], record["note_id"], at)
        progress.events += len(messages)

    dataflow = Dataflow("attribution")
    source = KafkaSource([task.broker], list(task.ends), tail=False, batch_size=BATCH)
    messages = op.input("topics", dataflow, source)
    keyed = op.flat_map_batch("decode", messages, items)
    joined = op.stateful_batch("join", keyed, lambda state: Join(task.lookback_ms, state))
    op.output("rows", joined, RowsSink(write))
    return dataflow


def main() -> None:
    task = Task.given()
    with Progress(task.folder) as progress, rows_file(task) as write:
        run_main(flow(task, progress, write))


if __name__ == "__main__":
    main()
