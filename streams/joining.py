"""The join of a micro-batch: what the state holds of those whose rows may change, and the rows that follow from it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import NamedTuple

import polars as pl

from streams.event_time import NEVER
from streams.history import History, Payment, Trigger
from streams.join import (
    Conversion,
    Journey,
    Owner,
    Steps,
    Touches,
    conversions,
    crowded_conversions,
    journeys,
)
from streams.kept import KeptHistories, KeptHistory
from streams.kinds import Kind
from streams.settings import Settings
from streams.state import HistoryReader, PartitionState, Wanted, keys
from streams.timeunits import day_start_ms, shanghai_day

#: Events that may change rows, by user and brand.
Triggered = dict[tuple[str, str], list[Trigger]]
Asked = tuple[tuple[str, str], Sequence[Trigger]]
#: Buckets whose conversions are to be made anew as crowded ones, by user and brand.
Crowding = Mapping[tuple[str, str], Collection[int]]

#: Rows and touches in their paths that are made at once, about: tens of megabytes, and less than a second.
AT_ONCE = 200_000


class Joined:
    """Rows, some of those of a micro-batch."""

    def __init__(self) -> None:
        self.journeys: list[Journey] = []
        self.conversions: list[Conversion] = []
        self._touches = 0

    @property
    def full(self) -> bool:
        """Is it time to hand them on?"""
        return len(self.journeys) + len(self.conversions) + self._touches >= AT_ONCE

    def take(self, rows: "Rows") -> bool:
        """Take rows as long as there is room; is it full?"""
        self.journeys.extend(islice(rows.journeys, AT_ONCE))
        if len(self.journeys) >= AT_ONCE:
            return True
        for conversion in rows.conversions:
            self.conversions.append(conversion)
            self._touches += len(conversion.path)
            if self.full:
                return True
        return False


class Rows(NamedTuple):
    """Those of one user and brand; each is made when it is taken."""

    journeys: Iterator[Journey] = iter(())
    conversions: Iterator[Conversion] = iter(())


NONE = Touches()


class ReadHistory:
    """A history that was read for this micro-batch alone."""

    def __init__(self, history: History) -> None:
        self.steps = Steps.of(history.steps, [one.occurred_at for one in history.payments])
        self.payments = history.payments
        self.touches = Touches(history.touches) if history.payments else NONE


class Joining:
    """Joins the micro-batches of one partition number."""

    def __init__(self, settings: Settings, state: PartitionState) -> None:
        self._settings = settings
        self._lookback_days = settings.lookback_days
        self._state = state
        self._kept = KeptHistories(state, settings.allowed_lateness_ms)

    def follow(self, batches: Sequence[pl.DataFrame]) -> None:
        """Take note of events that were put into the state; see `KeptHistories.follow`."""
        self._kept.follow(batches)

    def rows(self, triggered: Triggered, crowding: Crowding) -> Iterator[Joined]:
        """The rows, about `AT_ONCE` at a time; the last may be none. No cursor is open meanwhile."""
        for who in crowding:
            triggered.setdefault(who, [])
        asked, joined, at = list(triggered.items()), Joined(), 0
        while at < len(asked):
            rows = Rows()
            with self._state.reader() as reader:
                for rows in self._read(reader, asked[at:], crowding):
                    at += 1
                    if joined.take(rows):
                        break
            while joined.full:
                yield joined
                joined = Joined()
                joined.take(rows)
        yield joined

    def _read(
        self, reader: HistoryReader, asked: Sequence[Asked], crowding: Crowding
    ) -> Iterator[Rows]:
        """The rows of each, which need no reader any more."""
        wanted = [self._wanted(*who, triggers) for who, triggers in asked]
        kept = [self._kept.get(one) for one in wanted]
        others = [one for one, found in zip(wanted, kept, strict=True) if found is None]
        histories = reader.measured(others)
        for one, (who, triggers), found in zip(wanted, asked, kept, strict=True):
            rows = self._rows(
                one, triggers, found or self._read_one(one, triggers, histories, reader)
            )
            if one.without:
                rows = self._with_crowded(reader, one, triggers, rows, crowding.get(who, ()))
            yield rows

    def _read_one(
        self,
        wanted: Wanted,
        triggers: Sequence[Trigger],
        histories: Iterator[tuple[History, int]],
        reader: HistoryReader,
    ) -> ReadHistory | KeptHistory:
        history, entries = next(histories)
        if triggers and (wanted.without or self._kept.fits(entries)):
            return self._kept.read(wanted, reader, min(one.occurred_at for one in triggers))
        return ReadHistory(history)

    def _rows(
        self, wanted: Wanted, triggers: Sequence[Trigger], known: ReadHistory | KeptHistory
    ) -> Rows:
        of_journeys = journeys(
            wanted.user_id, wanted.brand_id, known.steps, triggers, self._lookback_days
        )
        if not known.payments:
            return Rows(of_journeys)
        # An earlier PAY of a sub-order may reach further back than what was read.
        since = max(self._state.held_since, wanted.since)
        owner = self._owner(wanted)
        return Rows(
            of_journeys,
            conversions(owner, known.touches, known.payments, triggers, [(NEVER, since)]),
        )

    def _owner(self, wanted: Wanted) -> Owner:
        return Owner(wanted.user_id, wanted.brand_id, self._lookback_days, wanted.without)

    def _with_crowded(
        self,
        reader: HistoryReader,
        wanted: Wanted,
        triggers: Sequence[Trigger],
        rows: Rows,
        crowding: Collection[int],
    ) -> Rows:
        """The same with those of crowded buckets. crowding: those of them that are new."""
        alone = self._alone(reader, wanted, triggers, crowding)
        found = crowded_conversions(self._owner(wanted), alone)
        return Rows(
            rows.journeys, chain(rows.conversions, found, self._of_crowds(wanted, crowding))
        )

    def _wanted(self, user_id: str, brand_id: str, triggers: Sequence[Trigger]) -> Wanted:
        """What lies in the windows and horizons of the triggers, but for what is crowded."""
        crowded = self._state.crowded_of(user_id, brand_id)
        if not triggers:
            return Wanted(user_id, brand_id, 0, (), 0, crowded)
        times, lookback_days = [trigger.occurred_at for trigger in triggers], self._lookback_days
        since = day_start_ms(shanghai_day(min(times)) - lookback_days)
        until = day_start_ms(shanghai_day(max(times)) + lookback_days + 1)
        notes = {trigger.note_id for trigger in triggers}
        return Wanted(user_id, brand_id, since, notes, until, crowded)

    def _alone(
        self,
        reader: HistoryReader,
        wanted: Wanted,
        triggers: Sequence[Trigger],
        crowding: Collection[int],
    ) -> list[Payment]:
        """The payments that came into crowded buckets, which the history leaves out; of new ones all are read."""
        at = [
            (trigger.occurred_at, trigger.sub_order)
            for trigger in triggers
            if trigger.kind is Kind.PAY
            and (bucket := keys.bucket_of(trigger.occurred_at)) in wanted.without
            and bucket not in crowding
        ]
        return reader.payments(wanted.user_id, wanted.brand_id, at) if at else []

    def _of_crowds(self, wanted: Wanted, crowding: Collection[int]) -> Iterator[Conversion]:
        """The conversions whose windows meet these buckets. Those in other crowded ones were made so before.

        They may be many: each reading has its own cursor, which is closed before the first of them is made.
        """
        who, owner = (wanted.user_id, wanted.brand_id), self._owner(wanted)
        for since, until in self._met_by(wanted, crowding):
            while since < until:
                with self._state.reader() as reader:
                    payments, since = reader.paid_in(*who, since, until)
                yield from crowded_conversions(owner, payments)

    def _met_by(self, wanted: Wanted, crowding: Collection[int]) -> Iterator[tuple[int, int]]:
        """The times (ms, from and before) whose windows meet buckets, each in one bucket."""
        for bucket in sorted(crowding):
            until = keys.bucket_start_ms(bucket + 1) + self._settings.lookback_ms
            for met in range(bucket, keys.bucket_of(until - 1) + 1):
                if met == bucket or met not in wanted.without:
                    yield keys.bucket_start_ms(met), min(keys.bucket_start_ms(met + 1), until)
