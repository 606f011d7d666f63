"""One partition number: rounds of batches of its four topics in, rows for ClickHouse out.

    prepare: each batch → decode → validate → in time?, and of all of them the change
    parts:   change → state → join → rows, some at a time

In between the change goes to the changelog, so that every row in ClickHouse comes of a state that another worker can
have. No broker and no ClickHouse take part; what is returned is safe to write any number of times.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.codec import Codec, Decoded
from schemas.rejects import Reject
from schemas.topics import NOTE_VIEWS, TAOBAO_PURCHASES
from sinks.block import Block
from streams import rows, standing
from streams.batch import Batch, Round
from streams.erasure.left_out import LeftOut
from streams.event_time import NEVER, EventTime, LogRange, unread_topics
from streams.events import to_events
from streams.history import Trigger
from streams.joining import Crowding, Joined, Joining, Triggered
from streams.kinds import KINDS, Kind
from streams.settings import Settings
from streams.state import Bounds, Change, PartitionState, Position, keys
from streams.state.keys import event_keys
from streams.validate import validate
from streams.wall_clock import NowMs, machine_ms

logger = logging.getLogger(__name__)

#: Crowded buckets of one micro-batch that are told one by one, at most.
TOLD = 10

_PAY, _UNSAVE, _REFUND = int(Kind.PAY), int(Kind.UNSAVE), int(Kind.REFUND)


@dataclass(frozen=True, slots=True)
class Judged:
    """A batch that was judged.

    rejects: what goes to the dead letters, by position in the batch.
    left_out: how many records had something of forgotten users, of which nothing is kept.
    too_late: how many events were.
    """

    batch: Batch
    rejects: Sequence[Reject] = ()
    left_out: int = 0
    too_late: int = 0


@dataclass(frozen=True, slots=True)
class Prepared:
    """A round that was judged, with what it adds to the state.

    events: of each batch the valid ones; columns of `streams.events`, too_late, and owner_hash.
    kept: those of them that the change has.
    logs: topic → what the broker held at that moment.
    crowding: the keys of buckets that it makes crowded.
    """

    judged: Sequence[Judged]
    events: Sequence[pl.DataFrame]
    kept: Sequence[pl.DataFrame]
    change: Change
    logs: Mapping[str, LogRange]
    crowding: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True)
class Processed:
    """What a round comes to, or a part of that. blocks: rows to write, none of them empty.

    judged: none but in the last part.
    """

    judged: Sequence[Judged]
    blocks: Sequence[Block] = ()

    @property
    def batches(self) -> Iterator[Batch]:
        """Those of the round."""
        return (judged.batch for judged in self.judged)

    @property
    def memory_bytes(self) -> int:
        """How much memory it takes, with its batches, until its rows are in ClickHouse."""
        rows = sum(block.memory_bytes for block in self.blocks)
        return rows + sum(batch.memory_bytes for batch in self.batches)


@dataclass(frozen=True, slots=True)
class _Uncommitted:
    """A batch that would come again after a crash. event_time: T before it, ms."""

    topic: str
    next_offset: int
    event_time: int


class Pipeline:
    """Processes the rounds of one partition number, one after another.

    now_ms: the wall clock.
    """

    def __init__(
        self, settings: Settings, codec: Codec, state: PartitionState, now_ms: NowMs = machine_ms
    ) -> None:
        self.settings = settings
        self.codec = codec
        self.state = state
        self._now_ms = now_ms
        self._found = dict(state.read_to)
        self._uncommitted: list[_Uncommitted] = []
        self._bounds = Bounds(settings.crowded_sub_orders, settings.crowded_touches)
        self._joining = Joining(settings, state)
        self._began = False

    def prepare(self, found: Round, logs: Mapping[str, LogRange]) -> Prepared:
        """Decode and judge a round. Nothing of it is in the state yet.

        logs: topic → what the broker holds of this partition number at this moment.
        Raises: StateError, if the state does not belong to these topics or cannot be used.
        """
        standing.check(self.state.folder, found.partition, self.state.read_to, logs)
        self._expire(logs)
        clock = self.state.event_time.copy()
        # Of a topic of which nothing was read yet, where it began, if not at 0: what expires from there on can be told.
        began = {topic: log.start for topic, log in logs.items() if log.start}
        read_to = began | self.state.read_to
        judged, valid, kept = [], [], []
        batches = [self._begun(batch, logs[batch.topic].start) for batch in found.batches]
        for batch in batches:
            self._uncommitted.append(_Uncommitted(batch.topic, batch.next_offset, clock.now))
            # What a crash makes us read again is not unread.
            read_to[batch.topic] = max(batch.next_offset, read_to.get(batch.topic, 0))
            events, of_batch = self._judge(batch, clock, unread_topics(read_to, logs))
            judged.append(of_batch)
            valid.append(events)
            kept.append(_only(events, self._reaches(events)))
        missed = self._missed_before(batches, valid)
        change = Change.of(kept, read_to, clock, missed)
        crowding = self.state.crowding(change, self._bounds)
        next_offsets = {batch.topic: batch.next_offset for batch in batches}
        change = change.counted_by(self._bounds, crowding, next_offsets)
        _tell(crowding, found.partition)
        return Prepared(judged, valid, kept, change, logs, crowding)

    def _judge(
        self, batch: Batch, clock: EventTime, unread: Collection[str]
    ) -> tuple[pl.DataFrame, Judged]:
        """The valid events of a batch, with the column too_late, and the rest of it. It moves the clock."""
        decoded = self._decode(batch)
        valid, invalid = validate(decoded.frame, batch.timestamps, self._now_ms())
        events = to_events(batch.topic, valid, batch.timestamps)
        events = self._judge_lateness(batch.topic, events, clock, unread)
        rejects = sorted([*decoded.rejects, *invalid], key=lambda r: r.row)
        # Not before the clock has moved: event time must not depend on who was forgotten.
        left_out = LeftOut.of(batch, decoded.frame, rejects, self.state.forgotten)
        events, rejects = left_out.without_events(events), left_out.without_letters(rejects)
        return events, Judged(batch, rejects, len(left_out), int(events["too_late"].sum()))

    def _decode(self, batch: Batch) -> Decoded:
        """What was read whole; the rest are rejects, whatever its beginnings could be taken for."""
        unread = {reject.row: reject for reject in batch.unread}
        if not unread:
            return self.codec.decode(batch.topic, batch.values)
        values = batch.values.clone().scatter(list(unread), None)
        decoded = self.codec.decode(batch.topic, values)
        rejects = [unread.get(reject.row, reject) for reject in decoded.rejects]
        return Decoded(decoded.frame, rejects)

    def parts(self, prepared: Prepared, position: Position | None = None) -> Iterator[Processed]:
        """Put a round into the state and yield the rows that it adds or changes, some of them at a time.

        position: in the changelog, behind the round's change; None if there is no changelog.
        Raises: StateError, if the state cannot be written.
        """
        # Before the state has the round: its own actions make anew what they change, whichever views they follow.
        triggered = self._triggers(prepared)
        self.state.apply(prepared.change, position)
        self._joining.follow(prepared.kept)
        blocks = [rows.fact_block(events) for events in prepared.events if len(events)]
        for joined in self._joining.rows(triggered, self._crowding(prepared)):
            if joined.full:
                yield Processed((), [*blocks, *self._row_blocks(joined)])
                blocks = []
            else:
                blocks += self._row_blocks(joined)
        yield Processed(prepared.judged, [*blocks, *self._closing_blocks(prepared)])

    def _row_blocks(self, joined: Joined) -> Iterator[Block]:
        if joined.journeys:
            yield rows.journey_block(joined.journeys)
        if joined.conversions:
            yield rows.conversion_block(joined.conversions, self.settings.lookback_days)

    def _closing_blocks(self, prepared: Prepared) -> Iterator[Block]:
        """What tells how far the round came; a block takes its time even where it has no rows."""
        for judged in prepared.judged:
            if judged.rejects:
                yield rows.dead_letter_block(judged.batch, judged.rejects, self.settings.epoch)
        batches = [judged.batch for judged in prepared.judged]
        ends = {topic: log.end for topic, log in prepared.logs.items()}
        yield rows.progress_block(batches, prepared.change.event_time, ends, self.settings)

    def _expire(self, logs: Mapping[str, LogRange]) -> None:
        """Forget what no later event in time can reach.

        Batches that are not committed come again after a crash, and need the history that they had; those that
        came again are known only when they are committed.
        """
        committed = {topic: log.committed for topic, log in logs.items()}
        if any(committed.get(topic, 0) < offset for topic, offset in self._found.items()):
            return
        self._uncommitted = [b for b in self._uncommitted if b.next_offset > committed[b.topic]]
        times = (batch.event_time for batch in self._uncommitted)
        reached = min(times, default=self.state.event_time.now)
        self.state.expire(reached - self.settings.retention_ms)

    def _begun(self, batch: Batch, start: int) -> Batch:
        """The same; the first of a topic tells what Kafka had deleted before it. start: where the group began."""
        read_to = self.state.read_to.get(batch.topic, 0)
        if read_to == start and batch.topic not in self.state.event_time.newest:
            # So a state has it of which nothing was read yet.
            read_to = 0
        unread = start - read_to
        return replace(batch, expired_before=unread) if unread > batch.expired_before else batch

    def _missed_before(self, batches: Sequence[Batch], valid: Sequence[pl.DataFrame]) -> int:
        """Before which time (ms) touches may be missing, as some expired before they were read; NEVER if none are.

        Topics that were built anew begin with what was published since.
        """
        began = {
            batch.topic: int(events["occurred_at"][0])
            for batch, events in zip(batches, valid, strict=True)
            if len(events)
        }
        missed = [
            began[batch.topic]
            for batch in batches
            if batch.expired_before and batch.topic in began and batch.topic != TAOBAO_PURCHASES
        ]
        if self.settings.epoch and not self.state.event_time.newest and began:
            missed.append(min(began.values()))
        return max(missed, default=NEVER)

    def _reaches(self, events: pl.DataFrame) -> pl.Series:
        """Which events the state takes: also the late ones where it still holds what is around them.

        A payment it takes in any case: its order has a row, whatever is known of what was before it.
        """
        late = events["too_late"]
        if not late.any():
            return ~late
        held = events["occurred_at"] >= self.state.held_since
        return ~late | held | (events["kind"] == _PAY)

    def _judge_lateness(
        self, topic: str, events: pl.DataFrame, clock: EventTime, unread: Collection[str]
    ) -> pl.DataFrame:
        """Add the columns too_late and owner_hash, and move the clock.

        An event that the state took before is never too late: it came again, or its batch did.
        """
        occurred_at = events["occurred_at"].to_numpy()
        reached = clock.before_each(topic, occurred_at, unread)
        late = occurred_at + self.settings.allowed_lateness_ms < reached
        if late.any():
            late[late] = ~self._known(events, late)
        clock.advance(topic, occurred_at, unread)
        hashes = pl.Series("owner_hash", keys.owner_hashes(events))
        return events.hstack([pl.Series("too_late", late, dtype=pl.Boolean), hashes])

    def _known(self, events: pl.DataFrame, late: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which of the late events are in the state, or came in time earlier in the same batch."""
        identity = event_keys(events)
        in_time = set(identity.filter(pl.Series(~late)).to_list())
        candidates = identity.filter(pl.Series(late))
        earlier = [key in in_time for key in candidates.to_list()]
        before = self.state.accepted(candidates)
        return np.array([a or b for a, b in zip(earlier, before, strict=True)], dtype=np.bool_)

    def _crowding(self, prepared: Prepared) -> Crowding:
        """The buckets whose conversions are to be made anew: the round makes them crowded.

        After a crash also those that are so by a round that is not committed: its rows may not have been written.
        """
        found = defaultdict(list)
        for key in prepared.crowding:
            found[keys.ids_in(keys.owner_in(key))].append(keys.bucket_in(key))
        if not self._began:
            self._began = True
            for owner, buckets in self.state.crowded.items():
                for bucket, offsets in buckets.items():
                    if not _committed(offsets, prepared.logs):
                        found[keys.ids_in(owner)].append(bucket)
        return found

    def _triggers(self, prepared: Prepared) -> Triggered:
        """The events that may change rows, by user and brand."""
        found = defaultdict(list)
        for judged, events in zip(prepared.judged, prepared.kept, strict=True):
            candidates = self._candidates(judged.batch.topic, events)
            owners = candidates.select("user_id", "brand_id").iter_rows()
            if judged.batch.topic == TAOBAO_PURCHASES:
                paid = candidates.select("occurred_at", "platform", "sub_order_id").iter_rows()
                made = (Trigger(at, Kind.PAY, sub_order=(where, of)) for at, where, of in paid)
            else:
                touched = candidates.select("occurred_at", "kind", "note_id").iter_rows()
                made = (Trigger(at, KINDS[kind], note) for at, kind, note in touched)
            for owner, trigger in zip(owners, made, strict=True):
                found[owner].append(trigger)
        return found

    def _candidates(self, topic: str, events: pl.DataFrame) -> pl.DataFrame:
        """The events that may change rows. A view does only if an action that came before followed it."""
        may = ~events["kind"].is_in([_UNSAVE, _REFUND])
        if topic == NOTE_VIEWS:
            may &= pl.Series(self.state.acted_since(events))
        return _only(events, may)


def _tell(crowding: Sequence[bytes], partition: int) -> None:
    """No user is named; docs/operations.md says how to find out who it is."""
    for key in crowding[:TOLD]:
        _, brand_id = keys.ids_in(keys.owner_in(key))
        began = datetime.fromtimestamp(keys.bucket_start_ms(keys.bucket_in(key)) / 1000, UTC)
        told = {"partition": partition, "brand_id": brand_id, "since": f"{began:%Y-%m-%d}"}
        logger.warning(
            "a user has more touches or orders of a brand in 30 days than any person, and gets no paths: a placeholder "
            "or a bot?",
            extra=told,
        )
    if len(crowding) > TOLD:
        logger.warning(
            "there are more such users, brands and 30 days: a bound that is too low?",
            extra={"partition": partition, "others": len(crowding) - TOLD},
        )


def _committed(offsets: Mapping[str, int], logs: Mapping[str, LogRange]) -> bool:
    """Has the group committed what lies before these offsets?"""
    return all(topic in logs and logs[topic].committed >= end for topic, end in offsets.items())


def _only(events: pl.DataFrame, wanted: pl.Series) -> pl.DataFrame:
    """Those that are wanted, which mostly are all."""
    return events if wanted.all() else events.filter(wanted)
