"""What a check found."""

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from verify.compare import Comparison


@dataclass(slots=True)
class Report:
    """What was read, what was left out, and what is wrong.

    since, until: days of the rows that were compared, Asia/Shanghai, both included; None for no bound.
    sample: one in so many users was looked at.
    records: topic → messages that were read.
    valid, too_late: topic → valid events of the users that were looked at, and those that the workers called too late.
    skipped: why users were left out → how many.
    dead_letters: reason → how many there must be.
    """

    since: date | None
    until: date | None
    sample: int
    records: dict[str, int] = field(default_factory=dict)
    valid: dict[str, int] = field(default_factory=dict)
    too_late: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    dead_letters: dict[str, int] = field(default_factory=dict)
    tables: dict[str, Comparison] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def equal(self) -> bool:
        """Whether the tables hold exactly what follows from the messages."""
        return all(found.equal for found in self.tables.values())

    def plain(self) -> dict[str, Any]:
        """The same for JSON."""
        return asdict(self) | {
            "equal": self.equal,
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
        }
