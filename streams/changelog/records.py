"""Records of the changelog, as bytes: the length of a JSON header (4 bytes, big-endian), the header, and for a change
its entries as a compressed Arrow IPC stream.

A change tells the format of its keys and values (`streams.state.formats`). Whatever that is, its header has epoch and
claim: who reads it must be able to tell whether it counts. A claim has no format, and looks the same for ever: a worker
of any version must see that another has taken over.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl
from polars.exceptions import PanicException, PolarsError

from streams.event_time import NEVER, EventTime
from streams.state import Bounds, Change, formats
from streams.state.change import SCHEMA, Seed, Stage
from streams.state.keys import are_entries

_LENGTH_BYTES = 4
#: The last bytes of an Arrow IPC stream. polars takes one that was cut before its first batch for an empty one.
_ARROWS_END = b"\xff\xff\xff\xff\0\0\0\0"
#: An Arrow IPC file: what the first changes of format 1 have instead.
_FILE = b"ARROW1"
#: What comes of a header that has other fields, or fields of other types.
_NOT_OURS = (KeyError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, slots=True)
class Claim:
    """From here on only changes under this claim count; its offset is its number.

    epoch: of the worker's settings. worker: who it is, for messages to people.
    """

    epoch: int
    worker: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """A change, and the claim under which it was written.

    partitions: how many there are, as that decides whose events meet in one; None if that is not told.
    """

    epoch: int
    claim: int
    change: Change
    partitions: int | None = None


@dataclass(frozen=True, slots=True)
class Sealed:
    """The same as it is read: only where it counts, its change is looked at."""

    epoch: int
    claim: int
    header: Mapping[str, Any]
    body: bytes

    @property
    def partitions(self) -> int | None:
        """See `Claimed`."""
        found = self.header.get("partitions")
        return found if type(found) is int else None

    @property
    def seed(self) -> Seed | None:
        """See `Change`."""
        match self.header.get("seed"):
            case [str(name), "first" | "more" | "last" as stage]:
                return Seed(name, Stage(stage))
        return None

    def change(self) -> Change:
        """The change, in today's format.

        Raises: UnknownFormat, if a later version wrote it; Unreadable, if no version did.
        """
        former = formats.known(self.header.get("format", formats.UNMARKED))
        try:
            made = _change(self.header, _entries(self.body), former)
            return replace(made, seed=self.seed)
        except (*_NOT_OURS, OSError, PolarsError, PanicException) as error:
            raise Unreadable(f"{type(error).__name__}: {error}") from error


class Unreadable(Exception):
    """A change of a format that is known, and that is damaged."""


def to_bytes(record: Claim | Claimed) -> bytes:
    """A record as it lies in the log."""
    if isinstance(record, Claim):
        return _framed({"epoch": record.epoch, "worker": record.worker})
    change, body = record.change, io.BytesIO()
    change.entries.write_ipc_stream(body, compression="zstd")
    header = {
        "epoch": record.epoch,
        "claim": record.claim,
        "format": formats.FORMAT,
        "actors": change.actors,
        "read_to": change.read_to,
        "now": change.event_time.now,
        "newest": change.event_time.newest,
        "bounds": change.bounds,
        "missed_before": change.missed_before,
    }
    if record.partitions is not None:
        header["partitions"] = record.partitions
    if change.seed is not None:
        header["seed"] = change.seed
    return _framed(header) + body.getvalue()


def from_bytes(raw: bytes | None) -> Claim | Sealed | None:
    """The record that `to_bytes` wrote; None for what no worker of any version writes."""
    raw = raw or b""
    start = _LENGTH_BYTES + int.from_bytes(raw[:_LENGTH_BYTES], "big")
    try:
        header = json.loads(raw[_LENGTH_BYTES:start])
    except (ValueError, RecursionError):
        return None
    match header:
        case {"epoch": int(epoch), "claim": int(claim)}:
            return Sealed(epoch, claim, header, raw[start:])
        case {"epoch": int(epoch), "worker": str(worker)}:
            return Claim(epoch, worker)
    return None


def _entries(body: bytes) -> pl.DataFrame:
    if body.startswith(_FILE):
        return pl.read_ipc(io.BytesIO(body))
    if not body.endswith(_ARROWS_END):
        raise ValueError("it is cut")
    return pl.read_ipc_stream(io.BytesIO(body))


def _change(header: Mapping[str, Any], entries: pl.DataFrame, former: int) -> Change:
    """Raises: whatever, if it is not what `to_bytes` wrote, or that of the former format."""
    if entries.schema != SCHEMA or any(entries.null_count().row(0)):
        raise ValueError(f"its entries are {entries.schema}")
    if not are_entries(entries["key"]):
        raise ValueError("a key is of no event and no actor")
    actors = _number(header["actors"])
    if not 0 <= actors <= len(entries):
        raise ValueError(f"it has {actors} actors among {len(entries)} entries")
    return Change(
        formats.converted(entries, former),
        actors,
        {topic: _number(offset) for topic, offset in header["read_to"].items()},
        EventTime(
            _number(header["now"]),
            {topic: _number(newest) for topic, newest in header["newest"].items()},
        ),
        bounds=Bounds(*map(_number, header["bounds"])) if header.get("bounds") else None,
        missed_before=_number(header.get("missed_before", NEVER)),
    )


def _number(value: object) -> int:
    if type(value) is not int or not NEVER <= value < -NEVER:
        raise ValueError(f"{value!r} is no number of 64 bits")
    return value


def _framed(header: dict[str, Any]) -> bytes:
    told = json.dumps(header).encode()
    return len(told).to_bytes(_LENGTH_BYTES, "big") + told
