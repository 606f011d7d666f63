"""Facts of some users at a time, as the join wants them."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from math import ceil
from operator import itemgetter
from typing import Any, NamedTuple

from rebuild.asking import ask, between, sql
from rebuild.scope import Days, Scope
from sinks.connection import ClickHouse
from sinks.quoting import literal
from streams.history import Payment, Touch
from streams.kinds import KINDS, Kind
from streams.state import Bounds
from streams.state.keys import BUCKET_MS, bucket_of

#: Facts of a part, about: some hundreds of megabytes.
PART = 400_000
#: Payments of a crowded user that are looked at at once, about.
PAID_AT_ONCE = 20_000
Who = tuple[str, str]


class Part(NamedTuple):
    """Some users: one of so many parts of those of the brands from one to another."""

    first: str
    last: str
    number: int
    of: int
    facts: int

    @property
    def condition(self) -> str:
        """Of facts, in SQL."""
        of_brands = f"brand_id BETWEEN {literal(self.first)} AND {literal(self.last)}"
        return f"{of_brands} AND cityHash64(user_id) % {self.of} = {self.number}"


@dataclass(slots=True)
class Known:
    """What there is of one user and brand.

    touches, payments: in their order, but for those in crowded buckets. crowded: these.
    steps: of crowded buckets, times in ms, kinds and notes.
    """

    touches: list[Touch] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    crowded: set[int] = field(default_factory=set)
    steps: list[tuple[int, Kind, str]] = field(default_factory=list)


class Facts:
    """The facts in ClickHouse. Each method raises SinkRejected or SinkUnavailable when it does not answer."""

    def __init__(self, connection: ClickHouse, scope: Scope, lookback_days: int) -> None:
        self._connection = connection
        self._scope = scope
        self._brand = "1" if scope.brand is None else f"brand_id = {literal(scope.brand)}"
        self._late = self._late_facts()
        self.days = self._days(lookback_days)

    def _late_facts(self) -> str:
        """Which facts are meant, in SQL."""
        if not self._scope.late:
            return "1"
        if not self._scope.uncovered:
            return "too_late"
        covered = self._ask(
            "SELECT brand_id, since, until, toUnixTimestamp64Milli(published_until) FROM rebuilds FINAL",
            "rebuilds",
        )
        conditions = []
        for brand, since, until, published in covered:
            of_brand = f"brand_id = {literal(brand)} AND " if brand else ""
            conditions.append(
                f"({of_brand}toDate(occurred_at) BETWEEN '{since}' AND '{until}'"
                f" AND toUnixTimestamp64Milli(published_at) <= {published})"
            )
        return " AND NOT ".join(["too_late", *conditions])

    def _days(self, lookback_days: int) -> Days | None:
        """Those of the facts that are meant; None if there are none."""
        found = self._ask(self._sql("days"), "days of the facts")
        since, until = found[0]
        if since is None:
            return None
        return Days(self._scope.since or since, self._scope.until or until, lookback_days)

    def parts(self) -> list[Part]:
        """All users, some at a time."""
        brands = self._ask(self._sql("brands"), "number of the facts")
        return list(_parts(brands))

    def gaps(self) -> list[tuple[int, int]]:
        """Between which times touches may be missing, ms."""
        return self._ask(self._sql("gaps"), "gaps")

    def of(self, part: Part, bounds: Bounds) -> dict[Who, Known]:
        """What there is of the users of a part who did more than to look."""
        known: dict[Who, Known] = defaultdict(Known)
        crowds = self._crowds(part, bounds)
        for brand, user, bucket in crowds:
            known[user, brand].crowded.add(bucket)
        for brand, user, at, kind, *rest in self._read("touches", part, crowds):
            known[user, brand].touches.append(Touch(at, KINDS[kind], *rest))
        for brand, user, *rest in self._payments(part, crowds, "NOT", "at, txn_id"):
            known[user, brand].payments.append(Payment(*rest))
        if crowds:
            for brand, user, at, kind, note in self._read("steps", part, crowds):
                known[user, brand].steps.append((at, KINDS[kind], note))
        return known

    def crowded_payments(
        self, part: Part, known: Mapping[Who, Known]
    ) -> Iterator[tuple[Who, list[Payment]]]:
        """Payments in crowded buckets, some of a user and brand at a time, each sub-order whole and in its order."""
        crowds = [
            (brand, user, bucket)
            for (user, brand), one in known.items()
            for bucket in sorted(one.crowded)
        ]
        if not crowds:
            return
        rows = self._payments(part, crowds, "", "of, sub_order_id, at, txn_id")
        for (brand, user), theirs in groupby(rows, key=itemgetter(0, 1)):
            some: list[Payment] = []
            for _, of_one in groupby(theirs, key=itemgetter(3, 4)):
                some += [Payment(*rest) for _, _, *rest in of_one]
                if len(some) >= PAID_AT_ONCE:
                    yield (user, brand), some
                    some = []
            yield (user, brand), some

    def _crowds(self, part: Part, bounds: Bounds) -> list[tuple[str, str, int]]:
        days = self._whole
        first, behind = bucket_of(days.facts_from), bucket_of(days.facts_until - 1) + 1
        rows = self._ask(
            self._sql(
                "crowded",
                part=self._users(part),
                counted=between(first * BUCKET_MS, behind * BUCKET_MS),
                most_touches=bounds.touches,
                most_sub_orders=bounds.sub_orders,
            ),
            "counts of events",
        )
        return [(brand, user, bucket) for brand, user, bucket, *_ in rows]

    def _payments(
        self, part: Part, crowds: Collection[tuple[str, str, int]], which: str, order: str
    ) -> list[Any]:
        crowd = f"{which} {_in_crowds(crowds)}"
        return self._read("payments", part, crowds, crowd=crowd, order=order)

    def _read(
        self, name: str, part: Part, crowds: Collection[tuple[str, str, int]], **given: str
    ) -> list[Any]:
        uncrowded = f"NOT {_in_crowds(crowds)}"
        statement = self._sql(name, part=self._users(part), uncrowded=uncrowded, **given)
        return self._ask(statement, name)

    def _users(self, part: Part) -> str:
        if not self._scope.late:
            return part.condition
        return f"{part.condition} AND (brand_id, user_id) IN ({self._sql('late')})"

    @property
    def _whole(self) -> Days:
        if self.days is None:
            raise ValueError("there are no facts")
        return self.days

    def _sql(self, name: str, **given: Any) -> str:
        days: Days | None = getattr(self, "days", None)
        given |= {
            "brand": self._brand,
            "late": self._late,
            "days": _days(self._scope.since, self._scope.until),
        }
        if days is not None:
            given["read"] = between(days.facts_from, days.facts_until)
        return sql(name, **given)

    def _ask(self, statement: str, what: str) -> list[Any]:
        return ask(self._connection, statement, what)


def _days(since: date | None, until: date | None) -> str:
    """Facts of some days, in SQL."""
    bounds = ["1"]
    bounds += [f"occurred_at >= toDateTime64('{since}', 3, 'Asia/Shanghai')"] if since else []
    behind = until and until + timedelta(1)
    bounds += [f"occurred_at < toDateTime64('{behind}', 3, 'Asia/Shanghai')"] if behind else []
    return " AND ".join(bounds)


def _in_crowds(crowds: Collection[tuple[str, str, int]]) -> str:
    """Facts in these buckets of a brand and user, in SQL."""
    if not crowds:
        return "false"
    listed = ", ".join(
        f"({literal(brand)}, {literal(user)}, {bucket})" for brand, user, bucket in crowds
    )
    return f"((brand_id, user_id, intDiv(toUnixTimestamp64Milli(occurred_at), {BUCKET_MS})) IN ({listed}))"


def _parts(brands: Sequence[tuple[str, int]]) -> Iterator[Part]:
    """Small brands together, large ones in parts. brands: with the number of their facts, in the order of their ids."""
    together: list[tuple[str, int]] = []
    for brand, facts in brands:
        if together and sum(count for _, count in together) + facts > PART:
            yield from _cut(together)
            together = []
        together.append((brand, facts))
    if together:
        yield from _cut(together)


def _cut(brands: Sequence[tuple[str, int]]) -> Iterator[Part]:
    facts = sum(count for _, count in brands)
    of = ceil(facts / PART)
    for number in range(of):
        yield Part(brands[0][0], brands[-1][0], number, of, facts // of)
