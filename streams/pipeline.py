"""One partition number: batches of its four topics in, rows for ClickHouse out.

    batch → decode → validate → in time? → state → join → rows

No broker and no ClickHouse take part; what is returned is safe to write any number of times.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.codec import Codec
from schemas.rejects import Reason, Reject
from sinks.block import Block
from streams import rows
from streams.batch import Batch
from streams.event_time import NEVER, EventTime, LogRange, unread_topics
from streams.events import to_events
from streams.history import Trigger
from streams.join import Conversion, Journey, conversions, journeys
from streams.kinds import Kind
from streams.settings import Settings
from streams.state import PartitionState
from streams.timeunits import day_start_ms, shanghai_day
from streams.validate import validate

_PAY, _VIEW = int(Kind.PAY), int(Kind.VIEW)
_NO_TRIGGER = [int(Kind.UNSAVE), int(Kind.REFUND)]


@dataclass(frozen=True, slots=True)
class Processed:
    """What a batch comes to.

    blocks: rows to write, none of them empty.
    rejects: what goes to the dead letters, by position in the batch; too-late events are among them.
    event_time: T after the batch, ms.
    """

    batch: Batch
    blocks: Sequence[Block]
    rejects: Sequence[Reject]
    event_time: int


class Pipeline:
    """Processes the batches of one partition number, one after another."""

    def __init__(self, settings: Settings, codec: Codec, state: PartitionState) -> None:
        self.settings = settings
        self.codec = codec
        self.state = state
        self._acknowledged_to = NEVER

    def process(self, batch: Batch, logs: Mapping[str, LogRange]) -> Processed:
        """Put a batch into the state and return the rows that it adds or changes.

        logs: topic → what the broker holds of this partition number at this moment.
        """
        self.state.expire(self._acknowledged_to - self.settings.retention_ms)
        decoded = self.codec.decode(batch.topic, batch.values)
        valid, invalid = validate(decoded.frame, batch.timestamps)
        events = to_events(batch.topic, valid, batch.offsets)
        events, clock = self._judge_lateness(batch, events, logs)
        self.state.put(
            events.filter(~pl.col("too_late") | (pl.col("kind") == _PAY)),
            {batch.topic: batch.next_offset},
            clock,
        )
        journey_rows, conversion_rows = self._join(events)
        rejects = sorted(
            [*decoded.rejects, *invalid, *self._too_late(events, clock)], key=lambda r: r.row
        )
        blocks = (
            rows.fact_block(events),
            rows.journey_block(journey_rows),
            rows.conversion_block(conversion_rows, self.settings.lookback_days),
            rows.dead_letter_block(batch, rejects),
        )
        return Processed(batch, [block for block in blocks if len(block)], rejects, clock.now)

    def acknowledged(self, processed: Processed) -> None:
        """The rows of a batch are in ClickHouse: what no later event in time can reach may be forgotten.

        Not before that: after a crash the batch is processed again and needs the same history. The next
        batch does it, so that only one thread ever touches the state.
        """
        self._acknowledged_to = max(self._acknowledged_to, processed.event_time)

    def _judge_lateness(
        self, batch: Batch, events: pl.DataFrame, logs: Mapping[str, LogRange]
    ) -> tuple[pl.DataFrame, EventTime]:
        """Add the column too_late, and move the clock.

        An event that the state took before is never too late: it came again, or its batch did.
        """
        read_to = self.state.read_to | {batch.topic: batch.next_offset}
        unread = unread_topics(read_to, logs)
        clock = replace(self.state.event_time, newest=dict(self.state.event_time.newest))
        occurred_at = events["occurred_at"].to_numpy()
        reached = clock.before_each(batch.topic, occurred_at, unread)
        late = occurred_at + self.settings.allowed_lateness_ms < reached
        if late.any():
            late[late] = ~self._known(events, late)
        clock.advance(batch.topic, occurred_at, unread)
        return events.with_columns(pl.Series("too_late", late, dtype=pl.Boolean)), clock

    def _known(self, events: pl.DataFrame, late: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which of the late events are in the state, or came in time earlier in the same batch."""
        identity = self.state.identities(events)
        in_time = set(identity.filter(pl.Series(~late)).to_list())
        candidates = identity.filter(pl.Series(late))
        earlier = [key in in_time for key in candidates.to_list()]
        before = self.state.accepted(candidates)
        return np.array([a or b for a, b in zip(earlier, before, strict=True)], dtype=np.bool_)

    def _join(self, events: pl.DataFrame) -> tuple[list[Journey], list[Conversion]]:
        settings = self.settings
        journey_rows: list[Journey] = []
        conversion_rows: list[Conversion] = []
        with self.state.reader() as reader:
            for (user_id, brand_id), triggers in self._triggers(events).items():
                first_day = shanghai_day(min(trigger.occurred_at for trigger in triggers))
                since = day_start_ms(first_day - settings.lookback_days)
                history = reader.history(user_id, brand_id, since)
                journey_rows += journeys(
                    user_id, brand_id, history, triggers, settings.lookback_days
                )
                conversion_rows += conversions(
                    user_id,
                    brand_id,
                    history,
                    triggers,
                    lookback_ms=settings.lookback_ms,
                    # What was not read counts as not held: an earlier PAY may reach further back.
                    held_since=max(self.state.held_since, since),
                    epoch=settings.epoch,
                )
        return journey_rows, conversion_rows

    def _triggers(self, events: pl.DataFrame) -> dict[tuple[str, str], list[Trigger]]:
        """The events that may change rows, by user and brand. A view does only if an action followed it."""
        may = ~pl.col("kind").is_in(_NO_TRIGGER) & (~pl.col("too_late") | (pl.col("kind") == _PAY))
        candidates = events.filter(may)
        if not candidates.is_empty() and candidates["kind"][0] == _VIEW:
            candidates = candidates.filter(pl.Series(self.state.acted_since(candidates)))
        found = defaultdict(list)
        id_column = "sub_order_id" if "sub_order_id" in events.columns else "note_id"
        columns = ("user_id", "brand_id", "occurred_at", "kind", id_column)
        for user_id, brand_id, occurred_at, kind, of in candidates.select(columns).iter_rows():
            trigger = Trigger(occurred_at, Kind(kind), **{id_column: of})
            found[user_id, brand_id].append(trigger)
        return found

    def _too_late(self, events: pl.DataFrame, clock: EventTime) -> list[Reject]:
        late = events.filter("too_late")
        detail = (
            f"occurred_at lies more than {self.settings.allowed_lateness_days} days behind "
            "the partition's event time"
        )
        return [Reject(row, Reason.TOO_LATE, detail) for row in late["row"].to_list()]
