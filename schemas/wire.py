"""The Confluent wire format: magic byte 0, schema id (4 bytes, big endian), Avro datum."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from schemas.rejects import Reason, Reject

HEADER_SIZE = 5
_HEADER = struct.Struct(">bi")


@dataclass(frozen=True, slots=True)
class Group:
    """The messages of a batch that carry one schema id: their positions, ascending, and datums."""

    rows: list[int] = field(default_factory=list)
    datums: list[bytes] = field(default_factory=list)


def header(schema_id: int) -> bytes:
    """The five bytes in front of a datum."""
    return _HEADER.pack(0, schema_id)


def split(values: Sequence[bytes | None]) -> tuple[dict[int, Group], list[Reject]]:
    """Take the headers off a batch of messages, which are grouped by schema id.

    Messages that are not in the wire format become rejects, ascending by row.
    """
    groups: dict[bytes, Group] = {}
    rejects: list[Reject] = []
    for row, value in enumerate(values):
        if not value:
            rejects.append(Reject(row, Reason.NOT_WIRE_FORMAT, _what_is_wrong(value)))
            continue
        head = value[:HEADER_SIZE]
        group = groups.get(head)
        if group is None:
            if len(head) < HEADER_SIZE or head[0]:
                rejects.append(Reject(row, Reason.NOT_WIRE_FORMAT, _what_is_wrong(value)))
                continue
            group = groups[head] = Group()
        group.rows.append(row)
        group.datums.append(value[HEADER_SIZE:])
    return {_HEADER.unpack(head)[1]: group for head, group in groups.items()}, rejects


def _what_is_wrong(value: bytes | None) -> str:
    if value is None:
        return "the message has no value"
    if len(value) < HEADER_SIZE:
        return f"{len(value)} bytes are fewer than the {HEADER_SIZE} of the header"
    return f"the first byte is {value[0]}, not the magic byte 0"
