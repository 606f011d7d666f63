"""What users and brands did who have a crowded bucket: too much to be read again for each micro-batch."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import polars as pl

from streams.join import Steps
from streams.kinds import KINDS, TOUCHES, Kind
from streams.state import HistoryReader, PartitionState
from streams.state.keys import step_in

#: How many times are kept at once, of all users and brands of a partition number: 10 MB of payments, 60 of views.
MAX_KEPT = 250_000

_STEPS = {int(kind) for kind in (*TOUCHES, Kind.PAY)}


class _Step(NamedTuple):
    user_id: str
    brand_id: str
    occurred_at: int
    kind: Kind
    note_id: str


class KeptSteps:
    """Steps that follow a state: read from it once, and then kept in step with what is put into it.

    What does not fit is read whenever it is asked for.
    """

    def __init__(self, state: PartitionState) -> None:
        self._state = state
        self._max_kept = MAX_KEPT
        self._kept: dict[tuple[str, str], Steps] = {}
        self._held_since = state.held_since
        self._forgotten = state.forgotten

    def follow(self, batches: Sequence[pl.DataFrame]) -> None:
        """Take note of events that were put into the state. Columns: those of `streams.events`, and too_late."""
        self._forget()
        if not self._kept:
            return
        users = list({user_id for user_id, _ in self._kept})
        for events in batches:
            for step in _steps(events.filter(pl.col("user_id").is_in(users), ~pl.col("too_late"))):
                steps = self._kept.get((step.user_id, step.brand_id))
                if steps is not None:
                    steps.add(step.occurred_at, step.kind, step.note_id)

    def _forget(self) -> None:
        """What the state has forgotten."""
        if self._forgotten != self._state.forgotten:
            self._forgotten = self._state.forgotten
            self._kept.clear()
        if self._held_since != self._state.held_since:
            self._held_since = self._state.held_since
            for steps in self._kept.values():
                steps.forget(self._held_since)

    def of(self, user_id: str, brand_id: str, reader: HistoryReader) -> Steps:
        """Those of a user and brand, as far as the state holds them."""
        steps = self._kept.pop((user_id, brand_id), None)
        if steps is None:
            steps = Steps()
            for rest, value in reader.each(user_id, brand_id):
                if (found := step_in(rest, value)) is not None:
                    steps.add(*found)
        self._keep(user_id, brand_id, steps)
        return steps

    def _keep(self, user_id: str, brand_id: str, steps: Steps) -> None:
        if len(steps) > self._max_kept:
            return
        self._kept[user_id, brand_id] = steps
        # Those that were used least recently make room.
        while sum(map(len, self._kept.values())) > self._max_kept:
            del self._kept[next(iter(self._kept))]


def _steps(events: pl.DataFrame) -> Iterator[_Step]:
    note = "note_id" if "note_id" in events.columns else pl.lit("").alias("note_id")
    for user_id, brand_id, occurred_at, kind, note_id in events.select(
        "user_id", "brand_id", "occurred_at", "kind", note
    ).iter_rows():
        if kind in _STEPS:
            yield _Step(user_id, brand_id, occurred_at, KINDS[kind], note_id)
