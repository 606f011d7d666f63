"""One part after another, each safe to do again: rows are the fuller the more they know, and the fullest stands."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import uuid4

from rebuild.asking import POLICY
from rebuild.facts import Facts, Known, Part, Who
from rebuild.rows import rows_of
from rebuild.scope import Days, Scope
from rebuild.workers import Workers, take_back, workers_of
from sinks.block import Sink
from sinks.connection import ClickHouse
from sinks.retry import persistently
from sinks.writer import Writer
from streams.clickhouse import check_lookback
from streams.erasure.requests import forgotten_among
from streams.join import Gap, Owner, crowded_conversions
from streams.joining import Joined, Rows
from streams.rows import conversion_block, journey_block
from streams.settings import Settings
from streams.state import Bounds
from streams.wall_clock import machine_ms

#: Called with the share that is done, 0 to 1, and what is being done.
Progress = Callable[[float, str], None]


@dataclass(slots=True)
class Done:
    """What a rebuild came to.

    since, until: the days whose facts it was about, None if there were none. facts: that were read, about.
    users: of a brand each, who did more than to look. journeys, conversions: rows that were written.
    left_out: users who are forgotten.
    """

    since: date | None = None
    until: date | None = None
    facts: int = 0
    users: int = 0
    journeys: int = 0
    conversions: int = 0
    left_out: set[str] = field(default_factory=set)
    seconds: float = 0.0


def rebuild(
    settings: Settings,
    clickhouse: ClickHouse,
    scope: Scope,
    progress: Progress = lambda share, what: None,
) -> Done:
    """Join the facts of some days anew, and write the rows. Workers may run meanwhile, and it may be done again.

    Raises: SettingsError, BrokerError, SinkError.
    """
    begun, started_ms, done = time.monotonic(), machine_ms(), Done()
    with workers_of(settings, clickhouse) as workers, Writer(clickhouse, POLICY) as writer:
        # Before the facts are looked at: what is published later may come too late for that.
        published_until = workers.published_until()
        check_lookback(clickhouse, settings.lookback_days)
        facts = Facts(clickhouse, scope, settings.lookback_days)
        if facts.days is not None:
            done.since, done.until = facts.days.since, facts.days.until
            rebuilding = _Rebuilding(settings, clickhouse, workers, facts, facts.days, writer, done)
            parts = facts.parts()
            for number, part in enumerate(parts):
                progress(number / len(parts), f"{number:,} of {len(parts):,} parts")
                rebuilding.part(part)
            _note(clickhouse, scope, facts.days, started_ms, published_until)
    done.seconds = time.monotonic() - begun
    return done


class _Rebuilding:
    """The parts of a rebuild, one after another."""

    def __init__(
        self,
        settings: Settings,
        clickhouse: ClickHouse,
        workers: Workers,
        facts: Facts,
        days: Days,
        sink: Sink,
        done: Done,
    ) -> None:
        self._bounds = Bounds(settings.crowded_sub_orders, settings.crowded_touches)
        self._clickhouse, self._workers, self._sink = clickhouse, workers, sink
        self._facts, self._days, self._done = facts, days, done
        self._gaps: Sequence[Gap] = facts.gaps(settings.allowed_lateness_ms)

    def part(self, part: Part) -> None:
        """Make the rows of some users anew. Who is to be forgotten meanwhile stays out."""
        before = frozenset(self._workers.forgotten())
        known = self._facts.of(part, self._bounds)
        users = {user for user, _ in known}
        left_out = forgotten_among(users, before)
        kept = {who: one for who, one in known.items() if who[0] not in left_out}
        self._done.left_out |= left_out
        try:
            for joined in _joined(self._rows(part, kept)):
                self._write(joined)
        finally:
            self._take_back(users - left_out, before)
        self._done.facts += part.facts
        self._done.users += len(kept)

    def _take_back(self, users: set[str], known: frozenset[str]) -> None:
        """Delete what was written of users who are to be forgotten since then. known: hashes of those of before."""
        meanwhile = forgotten_among(users, frozenset(self._workers.forgotten()) - known)
        for user in sorted(meanwhile):
            take_back(self._clickhouse, user)
        self._done.left_out |= meanwhile

    def _rows(self, part: Part, known: dict[Who, Known]) -> Iterator[Rows]:
        for who, one in known.items():
            yield rows_of(who, one, self._days, self._gaps)
        for who, payments in self._facts.crowded_payments(part, known):
            owner = Owner(*who, self._days.lookback_days, known[who].crowded)
            yield Rows(conversions=crowded_conversions(owner, payments))

    def _write(self, joined: Joined) -> None:
        if joined.journeys:
            self._sink.insert(journey_block(joined.journeys))
            self._done.journeys += len(joined.journeys)
        if joined.conversions:
            self._sink.insert(conversion_block(joined.conversions, self._days.lookback_days))
            self._done.conversions += len(joined.conversions)


def _joined(each: Iterator[Rows]) -> Iterator[Joined]:
    """Rows, as many at a time as fit into an insert; the last may be none."""
    joined = Joined()
    for rows in each:
        while joined.take(rows):
            yield joined
            joined = Joined()
    yield joined


def _note(
    clickhouse: ClickHouse, scope: Scope, days: Days, started_ms: int, published_until: int
) -> None:
    """Tell the table `rebuilds` what is covered now."""
    row = (
        str(uuid4()),
        *(started_ms, machine_ms()),
        *(scope.brand or "", days.since, days.until, days.lookback_days, published_until),
    )

    def insert() -> None:
        with clickhouse.client() as client:
            client.execute(
                "INSERT INTO rebuilds (rebuild_id, started_at, finished_at, brand_id, since, until, lookback_days,"
                " published_until) VALUES",
                [row],
            )

    persistently(insert, "insert into rebuilds", clickhouse.address, POLICY)
