"""Facts of some users at a time, as the join wants them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import ceil
from operator import itemgetter
from typing import Any, NamedTuple

from rebuild.asking import ask, between, sql, touched_between
from rebuild.scope import Days, Scope
from schemas.errors import SettingsError
from sinks.connection import ClickHouse
from sinks.quoting import literal
from streams.history import Payment, Touch
from streams.join import Gap
from streams.kinds import KINDS, Kind
from streams.state import Bounds
from streams.state.keys import BUCKET_MS, bucket_of, bucket_start_ms

#: Facts of a part, about: some hundreds of megabytes.
PART = 400_000
#: Payments in crowded buckets that are looked at at once, about.
PAID_AT_ONCE = 100_000
#: User and brand.
Who = tuple[str, str]
#: Brand, user, and a crowded bucket.
Crowd = tuple[str, str, int]


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

    touches, payments: in their order, but for those in crowded buckets.
    crowded: these, with how many order lines they have. steps: of them, times in ms, kinds and notes.
    """

    touches: list[Touch] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    crowded: dict[int, int] = field(default_factory=dict)
    steps: list[tuple[int, Kind, str]] = field(default_factory=list)


class Facts:
    """The facts in ClickHouse. Each method raises SinkRejected or SinkUnavailable when it does not answer."""

    def __init__(self, connection: ClickHouse, scope: Scope, lookback_days: int) -> None:
        """Raises SettingsError, too, when there is nothing at all of the brand that is meant."""
        self._connection = connection
        self._scope = scope
        self._brand = "1" if scope.brand is None else f"brand_id = {literal(scope.brand)}"
        self._late = _late(scope, lookback_days)
        self.days: Days | None = None
        self.days = self._days(lookback_days)

    def _days(self, lookback_days: int) -> Days | None:
        """Those of the facts that are meant; None if there are none."""
        [(since, until)] = self._ask(self._sql("days"), "days of the facts")
        if since is not None:
            return Days(since, until, lookback_days)
        if self._scope.brand is not None and not self._ask(
            self._sql("known", touched=self._brand, read=self._brand), "brands"
        ):
            raise SettingsError(
                f"No event in {self._connection.address} is of the brand {self._scope.brand!r}: see the brand_id of "
                "current_touches."
            )
        return None

    def parts(self) -> list[Part]:
        """All users who are meant, some at a time."""
        brands = self._ask(self._sql("brands", brand=self._meant), "number of the facts")
        return list(parts_of(brands))

    def gaps(self, allowed_lateness_ms: int) -> list[Gap]:
        """Between which times touches may be missing: those of messages that expired before they were read."""
        found = self._ask(self._sql("gaps"), "gaps")
        # What expired may have been as far behind as what is in time is.
        return [(first - allowed_lateness_ms, behind) for first, behind in found]

    def of(self, part: Part, bounds: Bounds) -> dict[Who, Known]:
        """What there is of the users of a part who did more than to look."""
        known: dict[Who, Known] = defaultdict(Known)
        crowds = self._crowds(part, bounds)
        for (brand, user, bucket), lines in crowds.items():
            known[user, brand].crowded[bucket] = lines
        for brand, user, at, kind, *rest in self._read("touches", part, crowds):
            known[user, brand].touches.append(Touch(at, KINDS[kind], *rest))
        for brand, user, *rest in self._read("payments", part, crowds, some="1"):
            known[user, brand].payments.append(Payment(*rest))
        if crowds:
            for brand, user, at, kind, note in self._read("steps", part, crowds, which=""):
                known[user, brand].steps.append((at, KINDS[kind], note))
        return known

    def crowded_payments(
        self, part: Part, known: Mapping[Who, Known]
    ) -> Iterator[tuple[Who, list[Payment]]]:
        """Payments in crowded buckets, some of a user and brand at a time, each sub-order whole and in its order."""
        crowds = {
            (brand, user, bucket): lines
            for (user, brand), one in known.items()
            for bucket, lines in one.crowded.items()
        }
        slices = ceil(sum(crowds.values()) / PAID_AT_ONCE)
        for number in range(slices):
            some = f"cityHash64(platform, sub_order_id) % {slices} = {number}"
            rows = self._read("payments", part, crowds, some=some, which="")
            for (brand, user), theirs in groupby(rows, key=itemgetter(0, 1)):
                yield (user, brand), [Payment(*rest) for _, _, *rest in theirs]

    def _crowds(self, part: Part, bounds: Bounds) -> dict[Crowd, int]:
        days = self._whole
        since = bucket_start_ms(bucket_of(days.facts_from))
        until = bucket_start_ms(bucket_of(days.facts_until - 1) + 1)
        rows = self._ask(
            self._sql(
                "crowded",
                users=self._users(part),
                read=between(since, until),
                touched=touched_between(since, until),
                most_touches=bounds.touches,
                most_sub_orders=bounds.sub_orders,
            ),
            "counts of events",
        )
        return {(brand, user, bucket): lines for brand, user, bucket, _, lines, _ in rows}

    def _read(
        self, name: str, part: Part, crowds: Collection[Crowd], which: str = "NOT", **given: str
    ) -> list[Any]:
        """which: those in crowded buckets, or (NOT) all others."""
        crowd = f"{which} {_in_crowds(crowds)}"
        return self._ask(self._sql(name, users=self._users(part), crowd=crowd, **given), name)

    def _users(self, part: Part) -> str:
        return f"{part.condition} AND {self._meant}"

    @property
    def _meant(self) -> str:
        """Facts of the users who are meant, in SQL."""
        if not self._scope.late:
            return self._brand
        return f"(brand_id, user_id) IN ({self._sql('late')})"

    @property
    def _whole(self) -> Days:
        if self.days is None:
            raise ValueError("there are no facts")
        return self.days

    def _sql(self, name: str, **given: Any) -> str:
        times = self._scope.times
        of = {"brand": self._brand, "late": self._late}
        of |= {"meant": between(*times), "touches_meant": touched_between(*times)}
        if self.days is not None:
            times = self.days.facts_from, self.days.facts_until
            of |= {"read": between(*times), "touched": touched_between(*times)}
        return sql(name, **of | given)

    def _ask(self, statement: str, what: str) -> list[Any]:
        return ask(self._connection, statement, what)


def _late(scope: Scope, lookback_days: int) -> str:
    """Which facts are meant, in SQL."""
    if not scope.late:
        return "1"
    return sql("uncovered", lookback_days=lookback_days) if scope.uncovered else "too_late"


def _in_crowds(crowds: Collection[Crowd]) -> str:
    """Facts in these buckets of a brand and user, in SQL."""
    if not crowds:
        return "false"
    listed = ", ".join(
        f"({literal(brand)}, {literal(user)}, {bucket})" for brand, user, bucket in crowds
    )
    return f"((brand_id, user_id, intDiv(toUnixTimestamp64Milli(occurred_at), {BUCKET_MS})) IN ({listed}))"


def parts_of(brands: Iterable[tuple[str, int]]) -> Iterator[Part]:
    """Small brands together, large ones in parts. brands: with the number of their facts, in the order of their ids."""
    together, facts = list[str](), 0
    for brand, of_brand in brands:
        if together and facts + of_brand > PART:
            yield from _cut(together, facts)
            together, facts = [], 0
        together.append(brand)
        facts += of_brand
    if together:
        yield from _cut(together, facts)


def _cut(brands: Sequence[str], facts: int) -> Iterator[Part]:
    of = ceil(facts / PART)
    for number in range(of):
        yield Part(brands[0], brands[-1], number, of, facts // of)
