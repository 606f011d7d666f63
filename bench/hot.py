"""python -m bench.hot: what one user costs who is no person, as a placeholder or a bot, and what others cost beside.

Two pipelines take the same generated traffic, micro-batch by micro-batch in turns. One has a user besides who has much
of one brand before it begins, and then sends some percent of the traffic: views, late ones among them, saves, clicks
and payments. Once that user is beyond the bounds of who is crowded, and once just below them.
"""

import streams.lean  # noqa: F401 - as in streams.worker

# isort: split

import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path
from random import Random
from typing import Final

import click
from rich.console import Console
from rich.table import Column, Table

from bench.stages import abreast, batch_of
from schemas.codec import Codec
from schemas.registry import DirectoryRegistry
from schemas.topics import LINK_CLICKS, NOTE_SAVES, NOTE_VIEWS, SOURCE_TOPICS, TAOBAO_PURCHASES
from streams.batch import Batch, Round
from streams.event_time import LogRange
from streams.pipeline import Pipeline
from streams.settings import Settings
from streams.state import Memory, PartitionState
from streams.timeunits import DAY_MS

#: Where the offsets of the one user begin, and where every topic ends.
HOT_OFFSETS, END = 1_000_000_000, 2_000_000_000
#: Notes of the brand; how many events are in a micro-batch of the fill.
NOTES: Final = 500
FILL_AT_ONCE: Final = 50_000
#: What a user just below the bounds has before, of them; what comes while it is measured leaves it below.
BELOW: Final = 0.8

console = Console()


class Hot:
    """The user's events, as micro-batches. newest: about where the clock of the others stands, ms."""

    def __init__(self, newest: int) -> None:
        self.newest = newest
        self._codec = Codec(DirectoryRegistry())
        self._offsets = dict.fromkeys(SOURCE_TOPICS, HOT_OFFSETS)
        self._random = Random(1)
        self._numbers = count()

    def events(self, touches: int, payments: int) -> Round:
        """So many of the last two days, in no order."""
        number = {
            NOTE_VIEWS: touches - touches // 20,
            NOTE_SAVES: touches // 30,
            LINK_CLICKS: touches // 60,
            TAOBAO_PURCHASES: payments,
        }
        return Round(
            tuple(
                self._batch(topic, (self._record(topic) for _ in range(some)))
                for topic, some in number.items()
                if some
            )
        )

    def _batch(self, topic: str, records: Iterator[dict[str, object]]) -> Batch:
        found = [(self.newest, b"unknown", self._codec.encode(topic, one)) for one in records]
        start = self._offsets[topic]
        self._offsets[topic] += len(found)
        return batch_of(topic, start, found)

    def _record(self, topic: str) -> dict[str, object]:
        number = next(self._numbers)
        common: dict[str, object] = {
            "user_id": "unknown",
            "brand_id": "brand-001",
            "occurred_at": self.newest - self._random.randrange(2 * DAY_MS),
        }
        note = {"note_id": f"note-{self._random.randrange(NOTES)}"}
        if topic == NOTE_VIEWS:
            return common | note | {"surface": "SEARCH", "promoted": False, "dwell_ms": None}
        if topic == NOTE_SAVES:
            return common | note | {"action": "SAVE"}
        if topic == LINK_CLICKS:
            return common | note | {"click_id": f"c{number}", "item_id": "i1", "placement": "NOTE"}
        order = {name: f"{name[0]}{number}" for name in ("txn_id", "order_id", "sub_order_id")}
        rest = {"shop_id": "shop", "item_id": "i1", "quantity": 1, "kind": "PAY", "amount_fen": 100}
        return common | order | rest | {"click_id": None}


class Measured:
    """A pipeline, and the processor time that it took.

    seconds: of all. longest: of one part of a micro-batch. largest: rows of one part, in bytes.
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.state = PartitionState(
            folder, memory=Memory(settings.state_bytes, settings.partitions)
        )
        self.pipeline = Pipeline(settings, Codec(DirectoryRegistry()), self.state)
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self.seconds = self.longest = 0.0
        self.largest = 0

    def run(self, found: Round) -> None:
        """Process a micro-batch, up to the blocks for ClickHouse."""
        logs = {
            topic: LogRange(0, END, committed=self.state.read_to.get(topic, 0))
            for topic in SOURCE_TOPICS
        }
        began = time.process_time()
        parts = self.pipeline.parts(self.pipeline.prepare(found, logs))
        at = began
        for part in parts:
            self.largest = max(self.largest, sum(block.memory_bytes for block in part.blocks))
            self.longest, at = max(self.longest, time.process_time() - at), time.process_time()
        self.seconds += time.process_time() - began


@click.command()
@click.option(
    "--events",
    default=400_000,
    type=click.IntRange(min=1),
    show_default=True,
    help="Events of all others.",
)
@click.option("--touches", default=200_000, show_default=True, help="Before, of a crowded user.")
@click.option("--orders", default=20_000, show_default=True, help="The same.")
@click.option("--percent", default=5, show_default=True, help="Of the traffic, the user's.")
@click.option(
    "--bounds", default=None, type=int, help="crowded_touches; a twentieth of sub-orders."
)
def main(events: int, touches: int, orders: int, percent: int, bounds: int | None) -> None:
    """Show what an event of the others costs without and with the user, and what memory it took."""
    # The traffic is that of months: nothing of the user is to be forgotten meanwhile.
    settings = Settings(allowed_lateness_days=180)
    if bounds is not None:
        settings = replace(settings, crowded_touches=bounds, crowded_sub_orders=bounds // 20)
    rounds = list(abreast(events))
    below = (int(n * BELOW) for n in (settings.crowded_touches, settings.crowded_sub_orders))
    for case, before in (("beyond the bounds", (touches, orders)), ("just below them", below)):
        console.print(f"[bold]A user {case}", highlight=False)
        _measure(rounds, settings, percent, *before)


def _measure(
    rounds: list[Round], settings: Settings, percent: int, touches: int, orders: int
) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        alone, beside = (Measured(folder / name, settings) for name in ("alone", "beside"))
        for one in (alone, beside):
            stack.callback(one.state.close)
            one.run(rounds[0])
        hot = Hot(beside.state.event_time.now)
        before_mib = _peak_mib()
        _fill(beside, hot, touches, orders)
        _in_turns(alone, beside, rounds[1:], hot, percent)
        room = beside.state.memory.room
        console.print(
            f"peak memory: {before_mib:,.0f} MiB before, {_peak_mib():,.0f} MiB after; kept for the user: "
            f"{room.taken / 2**20:,.0f} MiB, at most {room.size / 2**20:,.0f}; {beside.state.crowded_buckets} crowded",
            highlight=False,
        )


def _fill(beside: Measured, hot: Hot, touches: int, orders: int) -> None:
    beside.clear()
    beside.run(hot.events(0, orders))
    for start in range(0, touches, FILL_AT_ONCE):
        beside.run(hot.events(min(FILL_AT_ONCE, touches - start), 0))
    # What journeys need of the user is read once.
    beside.run(hot.events(100, 1))
    console.print(
        f"{orders:,} orders and {touches:,} touches of one user: {beside.seconds:.2f} CPU s, at most "
        f"{beside.longest:.2f} s and {beside.largest / 2**20:,.0f} MiB of rows at once; "
        f"{beside.state.crowded_buckets} crowded",
        highlight=False,
    )


def _in_turns(
    alone: Measured, beside: Measured, rounds: list[Round], hot: Hot, percent: int
) -> None:
    others = sum(map(len, rounds))
    of_user = of_user_s = 0.0
    alone.clear()
    beside.clear()
    for number, found in enumerate(rounds):
        for one in (alone, beside) if number % 2 else (beside, alone):
            one.run(found)
        hot.newest = beside.state.event_time.now
        some, before = (
            hot.events(len(found) * percent // 100, len(found) * percent // 2000),
            beside.seconds,
        )
        beside.run(some)
        of_user += len(some)
        of_user_s += beside.seconds - before
    table = Table("", *(Column(of, justify="right") for of in ("events", "µs per event")), box=None)
    table.add_row("others alone", f"{others:,}", f"{alone.seconds / others * 1e6:.2f}")
    beside_s = beside.seconds - of_user_s
    table.add_row("others beside the user", f"{others:,}", f"{beside_s / others * 1e6:.2f}")
    table.add_row("the user", f"{of_user:,.0f}", f"{of_user_s / of_user * 1e6:.2f}")
    table.add_row(
        "all", f"{others + of_user:,.0f}", f"{beside.seconds / (others + of_user) * 1e6:.2f}"
    )
    console.print(table)
    ratio = beside.seconds / others / (alone.seconds / others)
    console.print(
        f"others cost {beside_s / alone.seconds:.2f} × as much beside the user, and {ratio:.2f} × with all that the "
        f"user costs; a part took {beside.longest:.2f} CPU s at most, and {beside.largest / 2**20:,.0f} MiB of rows",
        highlight=False,
    )


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
