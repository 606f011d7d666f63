"""The guards of the product, each with what takes it away: faults that do not notice it prove nothing."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from schemas.errors import SinkError
from schemas.lengths import LengthCheck
from schemas.rejects import Reason
from sinks.block import Block
from sinks.tables import CONVERSIONS
from sinks.writer import Writer
from streams import pipeline, rows, standing, validate
from streams.changelog import Changelog, Ownership
from streams.changelog.changelog import Found
from streams.outbox import Outbox
from streams.pipeline import Pipeline
from streams.state import Position
from streams.transport.batching import BatchConsumer, InFlight
from streams.transport.expiry import PositionState


def acknowledged_before_the_insert() -> None:
    add = Outbox.add

    async def early(self: Outbox, processed: Any, done: Any, let_go: Any) -> None:
        done()
        await add(self, processed, lambda: None, lambda: None)

    Outbox.add = early


def committed_what_was_delivered() -> None:
    def committable(self: InFlight, tp: Any) -> int | None:
        deliveries = self._deliveries[tp]
        return deliveries[-1].next_offsets[tp] if deliveries else None

    InFlight.committable = committable


def no_going_back_after_a_rebalance() -> None:
    async def stay(self: BatchConsumer) -> None:
        self.in_flight.clear()

    BatchConsumer.perform_seek = stay


def version_from_the_clock() -> None:
    conversion_block = rows.conversion_block

    def versioned(*args: Any) -> Block:
        block = conversion_block(*args)
        return _with_version(block, time.time_ns())

    rows.conversion_block = versioned


def version_from_the_batch() -> None:
    parts = Pipeline.parts

    def versioned(self: Pipeline, prepared: Any, position: Any = None) -> Any:
        version = prepared.judged[0].batch.next_offset
        for part in parts(self, prepared, position):
            blocks = [
                _with_version(block, version) if block.table == CONVERSIONS else block
                for block in part.blocks
            ]
            yield replace(part, blocks=blocks)

    Pipeline.parts = versioned


def _with_version(block: Block, version: int) -> Block:
    column = pl.lit(version).cast(pl.UInt128).alias("version")
    return Block(block.table, block.frame.with_columns(column))


def no_length_check() -> None:
    LengthCheck.passes = lambda self, block, sizes: True


def writers_are_not_fenced() -> None:
    async def never(self: Ownership, end: int) -> None:
        pass

    Ownership._check_claims = never


def no_changelog() -> None:
    async def append(self: Ownership, change: Any) -> Position:
        return Position(self.claim + 1, self.claim)

    Ownership.append = append


def no_restoring() -> None:
    async def nothing(self: Changelog, owned: Ownership, since: Position) -> AsyncIterator[Found]:
        return
        yield

    Changelog.changes = nothing
    standing.check = lambda *args: None


def failed_inserts_are_forgotten() -> None:
    insert = Writer._insert_part

    def careless(self: Writer, *args: Any) -> None:
        self._policy = type(self._policy)(attempts=1)
        with suppress(SinkError):
            insert(self, *args)

    Writer._insert_part = careless


def no_dead_letters() -> None:
    dead_letter_block = rows.dead_letter_block
    rows.dead_letter_block = lambda batch, rejects: dead_letter_block(batch, [])


def no_rule_for_the_future() -> None:
    rules = validate._rules
    validate._rules = lambda columns: (
        rule for rule in rules(columns) if rule.reason is not Reason.FROM_THE_FUTURE
    )


def forgotten_history_is_used() -> None:
    def at_once(self: Pipeline, logs: Any) -> None:
        self.state.expire(self.state.event_time.now)

    Pipeline._expire = at_once


def nobody_is_crowded() -> None:
    bounds = pipeline.Bounds
    pipeline.Bounds = lambda sub_orders, touches: bounds(10**6, 10**7)


def what_expired_is_not_told() -> None:
    PositionState.reset_to = PositionState.__bases__[0].reset_to


@dataclass(frozen=True, slots=True)
class Guard:
    """One guard. taken_away_by: what removes it. shows_when: the faults under which that shows."""

    taken_away_by: Callable[[], None]
    shows_when: tuple[str, ...]


#: By name: what is missing.
GUARDS: dict[str, Guard] = {
    guard.taken_away_by.__name__.replace("_", " "): guard
    for guard in (
        Guard(acknowledged_before_the_insert, ("a worker is killed", "ClickHouse is slow")),
        Guard(committed_what_was_delivered, ("a worker is killed", "ClickHouse is slow")),
        Guard(no_going_back_after_a_rebalance, ("workers come and go",)),
        Guard(version_from_the_clock, ("a worker is paused", "ClickHouse is silent")),
        Guard(version_from_the_batch, ("a worker is killed",)),
        Guard(no_length_check, ("a worker is killed",)),
        Guard(writers_are_not_fenced, ("a worker hangs at a point",)),
        Guard(no_changelog, ("a worker loses its disk",)),
        Guard(no_restoring, ("a worker loses its disk",)),
        Guard(failed_inserts_are_forgotten, ("ClickHouse refuses connections",)),
        Guard(no_dead_letters, ("a worker is killed",)),
        Guard(no_rule_for_the_future, ("a worker is killed",)),
        Guard(forgotten_history_is_used, ("a worker dies at a point",)),
        Guard(nobody_is_crowded, ("a user is hot",)),
        Guard(what_expired_is_not_told, ("messages expire unread",)),
    )
}
