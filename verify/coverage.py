"""Which rows can be compared: those of days of which Kafka holds every message that they follow from.

What the topics do not hold any more was published before the first message that they hold, and an event lies at most
24 h after its timestamp. So days are whole from the day after that on.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

from schemas.topics import LINK_CLICKS, NOTE_SAVES, NOTE_VIEWS, SOURCE_TOPICS, TAOBAO_PURCHASES
from verify.tables import TABLES

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)

TOUCH_TOPICS = (NOTE_VIEWS, NOTE_SAVES, LINK_CLICKS)


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of a table that follow from the same topics.

    rows: SQL condition on them.
    topics: needed from the day of the row on. looked_back: needed from the lookback before it on.
    """

    name: str
    rows: str
    topics: tuple[str, ...]
    looked_back: tuple[str, ...] = ()


#: By table. Dead letters are not here: each follows from one message, and is compared where that is held.
PARTS: Final[Mapping[str, tuple[Part, ...]]] = MappingProxyType(
    {
        "touches": (
            Part("views", "kind = 'view'", (NOTE_VIEWS,)),
            Part("saves", "kind IN ('save', 'unsave')", (NOTE_SAVES,)),
            Part("clicks", "kind = 'click'", (LINK_CLICKS,)),
        ),
        "order_events": (Part("order_events", "1", (TAOBAO_PURCHASES,)),),
        # A journey looks ahead only.
        "journeys": (Part("journeys", "1", SOURCE_TOPICS),),
        "conversions": (Part("conversions", "1", (TAOBAO_PURCHASES,), TOUCH_TOPICS),),
    }
)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the topics hold.

    begins: topic → timestamp of the first message that it holds in all its partitions, ms since the Unix epoch; topics
    that hold everything are not in it.
    """

    begins: Mapping[str, int]
    lookback_days: int

    def first_day(self, part: Part) -> date | None:
        """The first day of which these rows can be compared; None if there is no bound."""
        return max(
            (
                _day(self.begins[topic]) + 2 * DAY + reach
                for topic, reach in self._reaches(part)
                if topic in self.begins
            ),
            default=None,
        )

    def condition(self, table: str) -> str:
        """SQL condition on the rows of a table that can be compared."""
        bounds = [
            (part.rows, f"{TABLES[table].day} >= '{first}'")
            for part in PARTS.get(table, ())
            if (first := self.first_day(part))
        ]
        return " AND ".join(f"(NOT ({rows}) OR {held})" for rows, held in bounds) or "1"

    def first_touches(self) -> date | None:
        """The first day of which any touches can be compared; None if there is no bound."""
        firsts = [self.first_day(part) for part in PARTS["touches"]]
        return None if None in firsts else min(first for first in firsts if first)

    def first_whole(self) -> date | None:
        """The first day of which the topics hold all events of all kinds; None if there is no bound."""
        [journeys] = PARTS["journeys"]
        return self.first_day(journeys)

    def needed(self, part: Part, day: date) -> dict[str, date]:
        """Topic → the day with which it must begin at the latest, for rows of a day to be compared."""
        return {topic: day - DAY - reach for topic, reach in self._reaches(part)}

    def _reaches(self, part: Part) -> Iterator[tuple[str, timedelta]]:
        yield from ((topic, timedelta()) for topic in part.topics)
        yield from ((topic, timedelta(days=self.lookback_days)) for topic in part.looked_back)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows of a part that cannot be compared, because messages that they follow from have expired.

    rows: how many there are. oldest: their first day. first_day: the first day that can be compared.
    begins: topic → when what it holds begins, of those that do not hold everything.
    needed: topic → the day with which it must begin at the latest, so that the oldest can be compared.
    """

    part: str
    rows: int
    oldest: date
    first_day: date
    begins: Mapping[str, datetime]
    needed: Mapping[str, date]

    @classmethod
    def of(cls, coverage: Coverage, part: Part, rows: int, oldest: date) -> "LeftOut":
        """What is said of such rows."""
        first_day = coverage.first_day(part)
        assert first_day is not None
        needed = coverage.needed(part, oldest)
        begins = {
            topic: datetime.fromtimestamp(coverage.begins[topic] / 1000, SHANGHAI)
            for topic in needed
            if topic in coverage.begins
        }
        return cls(part.name, rows, oldest, first_day, begins, needed)

    def sentences(self, today: date) -> str:
        """What is left out, why, and what would be needed."""
        begins = ", ".join(
            f"{topic} begins at {at:%Y-%m-%d %H:%M}" for topic, at in self.begins.items()
        )
        by_day: dict[date, list[str]] = {}
        for topic, day in self.needed.items():
            by_day.setdefault(day, []).append(topic)
        needed = " and ".join(f"{', '.join(topics)} at {day}" for day, topics in by_day.items())
        kept = max((today - day).days for day in by_day) + 1
        return (
            f"{self.part}: {self.rows:,} rows of days before {self.first_day} are left out, because what they follow "
            f"from has expired ({begins}). To compare {self.part} of {self.oldest}, the topics must begin at the "
            f"latest: {needed}; that is a retention of {kept} days today."
        )

    def plain(self) -> dict[str, Any]:
        """The same for JSON."""
        return {
            "part": self.part,
            "rows": self.rows,
            "oldest": self.oldest.isoformat(),
            "first_day": self.first_day.isoformat(),
            "begins": {topic: at.isoformat() for topic, at in self.begins.items()},
            "needed": {topic: day.isoformat() for topic, day in self.needed.items()},
        }


def _day(ms: int) -> date:
    return datetime.fromtimestamp(ms / 1000, SHANGHAI).date()
