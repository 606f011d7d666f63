"""Why a message went to the dead letters."""

from dataclasses import dataclass
from enum import StrEnum

#: Characters of a detail.
MAX_DETAIL = 2_000


class Reason(StrEnum):
    """Reason codes, as they stand in `dead_letters.reason` and in the `dead-letters` topic."""

    OVERSIZED = "oversized"  #: key and value are larger than what is read
    DAMAGED_BATCH = "damaged_batch"  #: its record batch cannot be read to its end
    NOT_WIRE_FORMAT = "not_wire_format"  #: null, too short, or the magic byte is not 0
    UNKNOWN_SCHEMA = "unknown_schema"  #: the schema id names no Avro record for this topic
    UNDECODABLE = "undecodable"  #: the datum does not decode to exactly its own length
    INVALID_FIELD = "invalid_field"  #: a field breaks its rule
    NO_TIMESTAMP = "no_timestamp"  #: it has no Kafka timestamp
    FROM_THE_FUTURE = (
        "from_the_future"  #: more than 24 h after its Kafka timestamp, or ahead of the wall clock
    )


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a message was not read whole, so that there is nothing to decode."""

    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Reject:
    """One message of a batch that cannot be used.

    row: its position in the batch, from 0.
    """

    row: int
    reason: Reason
    detail: str

    def __post_init__(self) -> None:
        if len(self.detail) > MAX_DETAIL:
            # A registry or a schema may have had much to say.
            object.__setattr__(self, "detail", f"{self.detail[:MAX_DETAIL]}…")
