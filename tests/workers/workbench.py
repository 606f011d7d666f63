"""Workers over topics in memory: real Faust apps, a list for a sink."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from schemas.codec import Codec
from schemas.registry import DirectoryRegistry
from schemas.topics import (
    DEAD_LETTERS,
    FORGET_REQUESTS,
    NOTE_VIEWS,
    SOURCE_TOPICS,
    TAOBAO_PURCHASES,
)
from sinks.block import Sink
from streams.app import App
from streams.partitions import Partitions
from streams.settings import Settings
from streams.transport.memory import MemoryBroker, broker_of

PARTITIONS = 4
#: The four sources, and the requests to forget.
READ_TOPICS = 5
NOON = 1_750_132_800_000
TIMEOUT_S = 120


class Workbench:
    """A broker of its own, records to publish, and workers of one group.

    All workers keep their state in one folder, as on one machine.
    """

    def __init__(self, folder: Path) -> None:
        self.codec = Codec(DirectoryRegistry())
        self.settings = Settings(
            broker=f"memory://{uuid4().hex}",
            data_dir=folder,
            partitions=PARTITIONS,
            sink_linger_ms=10,
        )
        self.broker: MemoryBroker = broker_of(self.settings.broker)
        for topic in (*SOURCE_TOPICS, FORGET_REQUESTS, DEAD_LETTERS):
            self.broker.create_topic(topic, PARTITIONS)

    def view(self, user: int, at: int = 0) -> None:
        self.publish(NOTE_VIEWS, user, at, note_id="n", surface="SEARCH", promoted=False)

    def pay(self, user: int, at: int) -> None:
        self.publish(
            TAOBAO_PURCHASES,
            user,
            at,
            txn_id=f"t{user}",
            order_id=f"o{user}",
            sub_order_id=f"s{user}",
            shop_id="shop",
            item_id="i",
            quantity=1,
            kind="PAY",
            amount_fen=100,
        )

    def publish(self, topic: str, user: int, at: int, **fields: object) -> None:
        record = {"user_id": f"u{user}", "brand_id": "b", "occurred_at": NOON + at, **fields}
        value = self.codec.encode(topic, record)
        self.broker.publish(topic, f"u{user}".encode(), value, NOON + at)

    def worker(self, sink: Sink) -> App:
        return App(self.settings, Partitions(self.settings, self.codec), sink)

    def unread(self) -> int:
        return self.broker.backlog(SOURCE_TOPICS)


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait until something holds; fail if it does not within TIMEOUT_S."""
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)
