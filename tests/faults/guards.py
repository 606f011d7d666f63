"""The guards of the product, each with what takes it away: a harness that misses one of them proves nothing."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

from schemas.errors import SinkError
from schemas.lengths import LengthCheck
from sinks.block import Block
from sinks.tables import CONVERSIONS
from sinks.writer import Writer
from streams import rows, validate
from streams.changelog import Changelog, Ownership
from streams.changelog.changelog import Found
from streams.changelog.records import Claimed, from_bytes
from streams.outbox import Outbox
from streams.pipeline import Pipeline
from streams.state import Position
from streams.transport.batching import BatchConsumer, InFlight


def acknowledged_before_the_insert() -> None:
    add = Outbox.add

    async def early(self: Outbox, processed: Any, done: Any, let_go: Any = None) -> None:
        done()
        await add(self, processed, lambda: None, lambda: None)

    Outbox.add = early  # type: ignore[method-assign]


def committed_what_was_delivered() -> None:
    def committable(self: InFlight, tp: Any) -> int | None:
        deliveries = self._deliveries[tp]
        return deliveries[-1].next_offset if deliveries else None

    InFlight.committable = committable  # type: ignore[method-assign]


def no_going_back_after_a_rebalance() -> None:
    async def stay(self: BatchConsumer) -> None:
        self.in_flight.clear()

    BatchConsumer.perform_seek = stay  # type: ignore[method-assign]


def version_from_the_clock() -> None:
    conversion_block = rows.conversion_block

    def versioned(*args: Any) -> Block:
        block = conversion_block(*args)
        return Block(CONVERSIONS, {**block.columns, "version": [time.time_ns()] * len(block)})

    rows.conversion_block = versioned


def version_from_the_batch() -> None:
    apply = Pipeline.apply

    def versioned(self: Pipeline, prepared: Any, position: Any = None) -> Any:
        processed = apply(self, prepared, position)
        for block in processed.blocks:
            if block.table == CONVERSIONS:
                block.columns["version"][:] = [prepared.batch.next_offset] * len(block)
        return processed

    Pipeline.apply = versioned  # type: ignore[method-assign]


def no_length_check() -> None:
    LengthCheck.passes = lambda self, frame, body, sizes: frame.height == len(sizes)  # type: ignore[method-assign]


def writers_are_not_fenced() -> None:
    async def never(self: Ownership, end: int) -> None:
        pass

    Ownership._check_claims = never  # type: ignore[method-assign]


def readers_admit_what_was_fenced() -> None:
    async def changes(self: Changelog, owned: Ownership, since: Position) -> AsyncIterator[Found]:
        async for offset, raw in self._log.read(owned.partition, since.next_offset, owned.claim):
            record = from_bytes(raw)
            if isinstance(record, Claimed):
                yield Found(record.change, Position(offset + 1, record.claim))

    Changelog.changes = changes  # type: ignore[method-assign]


def no_changelog() -> None:
    async def append(self: Ownership, change: Any) -> Position:
        return Position(self.claim + 1, self.claim)

    Ownership.append = append  # type: ignore[method-assign]


def no_restoring() -> None:
    async def nothing(self: Changelog, owned: Ownership, since: Position) -> AsyncIterator[Found]:
        return
        yield

    Changelog.changes = nothing  # type: ignore[method-assign]
    Pipeline._check_state = lambda self, logs: None  # type: ignore[method-assign]


def failed_inserts_are_forgotten() -> None:
    insert = Writer._insert_part

    def careless(self: Writer, *args: Any) -> None:
        self._policy = type(self._policy)(attempts=1)
        with suppress(SinkError):
            insert(self, *args)

    Writer._insert_part = careless  # type: ignore[method-assign]


def no_dead_letters() -> None:
    dead_letter_block = rows.dead_letter_block
    rows.dead_letter_block = lambda batch, rejects: dead_letter_block(batch, [])


def no_rule_for_the_future() -> None:
    rules = validate._rules
    validate._rules = lambda columns: (r for r in rules(columns) if r[0] != validate._FUTURE)


def forgotten_history_is_used() -> None:
    def at_once(self: Pipeline, logs: Any) -> None:
        self.state.expire(self.state.event_time.now)

    Pipeline._expire = at_once  # type: ignore[method-assign]


#: Name → what takes it away.
GUARDS: dict[str, Callable[[], None]] = {
    guard.__name__.replace("_", " "): guard
    for guard in (
        acknowledged_before_the_insert,
        committed_what_was_delivered,
        no_going_back_after_a_rebalance,
        version_from_the_clock,
        version_from_the_batch,
        no_length_check,
        writers_are_not_fenced,
        readers_admit_what_was_fenced,
        no_changelog,
        no_restoring,
        failed_inserts_are_forgotten,
        no_dead_letters,
        no_rule_for_the_future,
        forgotten_history_is_used,
    )
}
