"""Why a message went to the dead letters."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Reason codes, as they stand in `dead_letters.reason` and in the `dead-letters` topic."""

    NOT_WIRE_FORMAT = "not_wire_format"  #: null, too short, or the magic byte is not 0
    UNKNOWN_SCHEMA = "unknown_schema"  #: the schema id names no Avro record for this topic
    UNDECODABLE = "undecodable"  #: the datum does not decode to exactly its own length
    INVALID_FIELD = "invalid_field"  #: a field breaks its rule
    NO_TIMESTAMP = "no_timestamp"  #: it has no Kafka timestamp
    FROM_THE_FUTURE = (
        "from_the_future"  #: more than 24 h after its Kafka timestamp, or ahead of the wall clock
    )


@dataclass(frozen=True, slots=True)
class Reject:
    """One message of a batch that cannot be used.

    row: its position in the batch, from 0.
    """

    row: int
    reason: Reason
    detail: str
