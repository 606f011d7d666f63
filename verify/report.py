"""What a check found."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from verify.compare import Comparison, Verdict
from verify.coverage import LeftOut

#: The table.
DEAD_LETTERS = "dead_letters"

#: Why users are left out, by what says so.
UNSETTLED = "unsettled"
SKIPPED = {
    UNSETTLED: "sent events that the group had not committed yet, or share an event or a sub-order with who did",
    "conflicting": "have an event that was published with two contents",
    "scattered": "have events in several partitions: some were not keyed by user_id",
}
#: Why rows are left out.
EXPIRED, OF_SKIPPED, CROWDED = "expired", "skipped", "crowded"
LATE, FORMER, GAP = "late", "former", "gap"
#: Rows that lie between those without some events and those of all, by why: what they lack, and what mends them.
NOT_JOINED = {
    LATE: "lack events that were too late, or say that they may; run `zhongcao rebuild --late`",
    FORMER: "may lack events that a former version wrote, or what is known of them now; run `zhongcao rebuild`",
    GAP: "say that they may lack touches, as messages expired before they were read",
}
LETTERS_LEFT_OUT = {
    EXPIRED: "their messages have expired",
    "unread": "the group had not committed their messages yet",
    FORMER: "they are of topics before these (epoch)",
    "too_late": "a former version put what was too late among the dead letters (too_late)",
    OF_SKIPPED: "they are of users who are left out",
}
#: Whose rows should not be there, by whether everything of them was removed once.
OF_FORGOTTEN = {
    False: "of users who are being forgotten: wait until `zhongcao forget` has ended, or repeat it if it failed.",
    True: "of users who were forgotten, and were written afterwards: repeat `zhongcao forget` with their ids.",
}


@dataclass(slots=True)
class Report:
    """What was read, what was left out, and what is wrong.

    today: the day of the check, Asia/Shanghai.
    since, until: days of the rows that were asked for, Asia/Shanghai, both included; None for no bound.
    sample: one in so many users was looked at.
    records: topic → messages that were read. unread: topic → messages that the group had not committed, if any.
    compared, too_late: topic → valid events whose rows were compared, in their days and of their users, and those of
        them that the workers called too late.
    published_unknown: topic → events of which it is not known when they were published first.
    skipped: why users were left out → how many.
    expired: rows that cannot be compared because of what Kafka does not hold any more.
    dead_letters: reason → how many there must be.
    of_forgotten: rows of users of whom none may be left: whether everything of them was removed once → how many.
    """

    today: date
    since: date | None
    until: date | None
    sample: int
    records: dict[str, int] = field(default_factory=dict)
    unread: dict[str, int] = field(default_factory=dict)
    compared: dict[str, int] = field(default_factory=dict)
    too_late: dict[str, int] = field(default_factory=dict)
    published_unknown: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    expired: list[LeftOut] = field(default_factory=list)
    dead_letters: dict[str, int] = field(default_factory=dict)
    of_forgotten: dict[bool, int] = field(default_factory=dict)
    tables: dict[str, Comparison] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def verdict(self) -> Verdict:
        """Whether the tables hold exactly what follows from the messages, as far as these are there.

        A table that has rows of which none was compared makes it `NOTHING`. Dead letters decide only where they are
        asked for alone: there may be none of what was read, and any number where no event was compared.
        """
        verdicts = {name: found.verdict for name, found in self.tables.items()}
        if Verdict.NOT_EQUAL in verdicts.values():
            return Verdict.NOT_EQUAL
        if len(verdicts) > 1:
            verdicts.pop(DEAD_LETTERS, None)
        some = Verdict.EQUAL in verdicts.values() and not self.blind
        return Verdict.EQUAL if some else Verdict.NOTHING

    @property
    def equal(self) -> bool:
        """Whether something was compared, and is as it must be."""
        return self.verdict is Verdict.EQUAL

    @property
    def blind(self) -> list[str]:
        """The tables that have rows of which none was compared."""
        return [
            name
            for name, found in self.tables.items()
            if found.verdict is Verdict.NOTHING and found.left_out and name != DEAD_LETTERS
        ]

    def sentences(self) -> Iterator[str]:
        """What the reader must know beside the figures."""
        if self.since and self.since > self.today:
            yield f"{self.since} lies in the future: today is {self.today}."
        elif self.until and self.until > self.today:
            yield f"The days after {self.today}, which is today, have not come yet."
        if self.unread:
            behind = ", ".join(f"{count:,} of {topic}" for topic, count in self.unread.items())
            yield f"The group has not come to the end: {behind} were not committed when the check began."
        for why, users in self.skipped.items():
            yield f"{users:,} users are left out: they {SKIPPED[why]}."
        yield from (left_out.sentences(self.today) for left_out in self.expired)
        for removed, rows in self.of_forgotten.items():
            yield f"{rows:,} rows are {OF_FORGOTTEN[removed]}"
        for name, found in self.tables.items():
            if CROWDED in found.left_out:
                yield (
                    f"{name}: {found.left_out[CROWDED]:,} rows are left out: workers counted their users as crowded in "
                    "30 days of which not all was read."
                )
            for why, mended in NOT_JOINED.items():
                if name != DEAD_LETTERS and why in found.left_out:
                    yield f"{name}: {found.left_out[why]:,} rows are left out: they {mended}."
        if unknown := {topic: n for topic, n in self.published_unknown.items() if n}:
            events = ", ".join(f"{count:,} of {topic}" for topic, count in unknown.items())
            yield f"When they were published first is not known, and not compared, of these events: {events}."
        if letters := self.tables.get(DEAD_LETTERS):
            for why, count in letters.left_out.items():
                yield f"dead_letters: {count:,} rows are left out: {LETTERS_LEFT_OUT[why]}."
        if self.blind and len(self.tables) > len(self.blind):
            yield (
                f"Nothing was compared of {', '.join(self.blind)}: give --table for each of the tables that can be, "
                "to check only these."
            )

    def plain(self) -> dict[str, Any]:
        """The same for JSON."""
        return asdict(self) | {
            "of_forgotten": sum(self.of_forgotten.values()),
            "verdict": self.verdict,
            "equal": self.equal,
            "today": self.today.isoformat(),
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
            "expired": [left_out.plain() for left_out in self.expired],
            "tables": {
                name: asdict(found) | {"verdict": found.verdict}
                for name, found in self.tables.items()
            },
        }
