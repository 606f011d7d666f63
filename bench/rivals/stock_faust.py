"""faust-streaming as its documentation has it: an agent per topic, and a table of touches that lives in RocksDB.

An agent sees one event at a time. Touches of a user and a brand are a list in the table, whose changes go to a
changelog topic; a payment looks its list up. Faust has no joins and no event time between topics: a payment that is
read before its touches does not find them, and nothing corrects it later. On a drain, where topics are read side by
side and purchases are the shortest, most rows are missing for this reason; live, few would be. Entries never leave the
table.
"""

# mypy: disable-error-code="import-not-found, misc, no-any-return, untyped-decorator"
import asyncio
import sys
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
    Write,
    decoder,
    packages_of,
    rows_file,
)

with packages_of("stock_faust"):
    import fastavro  # noqa: F401 (the decoder's)
    import faust
    import rocksdict  # noqa: F401 (the table's)
    import uvloop
    from faust.serializers.codecs import Codec
    from faust.types import StreamT

Record = dict[str, Any]


class Avro(Codec):
    """Values of a source, behind the header that a schema registry's clients write."""

    def __init__(self, task: Task, source: str) -> None:
        super().__init__()
        self._decode = decoder(task, source)

    def _loads(self, value: bytes) -> Record:
        return self._decode(value)


def application(
    task: Task,
    progress: Progress,
    write: Write,
    ended: asyncio.Event,
) -> faust.App:
    app = faust.App(
        f"faust-{uuid4().hex}",
        broker=f"kafka://{task.broker}",
        store="rocksdb://",
        datadir=task.folder / "state",
        topic_partitions=len(task.ends[PURCHASES]),
        topic_disable_leader=True,
        web_enabled=False,
        producer_linger=0.05,  # seconds; by default each change of the table is a request of its own
    )
    touches = app.Table("touches", default=list, options={"driver": "rocksdict"})

    def topic(source: str) -> Any:
        return app.topic(source, key_serializer="raw", value_serializer=Avro(task, source))

    def count() -> None:
        progress.events += 1
        if progress.events == task.events:
            ended.set()

    def add_agent(source: str) -> None:
        kind = KINDS[source]

        @app.agent(topic(source), name=source)
        async def touched(events: StreamT[Record]) -> None:
            async for event in events:
                if event.get("action") != "UNSAVE":
                    key = f"{event['user_id']}|{event['brand_id']}"
                    touches[key] = [*touches[key], (kind, event["note_id"], event["occurred_at"])]
                count()

    for source in (VIEWS, SAVES, CLICKS):
        add_agent(source)

    @app.agent(topic(PURCHASES), name=PURCHASES)
    async def paid(events: StreamT[Record]) -> None:
        async for event in events:
            if event["kind"] == "PAY":
                at, sub_order = event["occurred_at"], event["sub_order_id"]
                history = touches[f"{event['user_id']}|{event['brand_id']}"]
                found = [touch for touch in history if at - task.lookback_ms <= touch[2] <= at]
                for touch in found or [("", "", "")]:
                    write([sub_order, *touch])
            count()

    return app


async def main() -> None:
    task, ended = Task.given(), asyncio.Event()
    with Progress(task.folder) as progress, rows_file(task) as write:
        app = application(task, progress, write, ended)
        async with app:
            if (await app.wait(ended)).stopped:
                sys.exit("Faust stopped before the ends of the topics.")


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
