"""Records of the changelog, as bytes: the length of a JSON header (4 bytes, big-endian), the header, and for a change
its entries as a compressed Arrow IPC stream.
"""

import io
import json
from dataclasses import dataclass
from typing import Any

import polars as pl

from streams.event_time import EventTime
from streams.state import Change

_LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True)
class Claim:
    """From here on only changes under this claim count; its offset is its number.

    epoch: of the worker's settings. worker: who it is, for messages to people.
    """

    epoch: int
    worker: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """A change, and the claim under which it was written."""

    epoch: int
    claim: int
    change: Change


def to_bytes(record: Claim | Claimed) -> bytes:
    """A record as it lies in the log."""
    if isinstance(record, Claim):
        return _framed({"epoch": record.epoch, "worker": record.worker})
    change, body = record.change, io.BytesIO()
    change.entries.write_ipc_stream(body, compression="zstd")
    header = {
        "epoch": record.epoch,
        "claim": record.claim,
        "actors": change.actors,
        "read_to": change.read_to,
        "now": change.event_time.now,
        "newest": change.event_time.newest,
    }
    return _framed(header) + body.getvalue()


def from_bytes(raw: bytes) -> Claim | Claimed:
    """The record that `to_bytes` wrote."""
    start = _LENGTH_BYTES + int.from_bytes(raw[:_LENGTH_BYTES], "big")
    header: dict[str, Any] = json.loads(raw[_LENGTH_BYTES:start])
    if "claim" not in header:
        return Claim(**header)
    clock = EventTime(header["now"], header["newest"])
    entries = pl.read_ipc_stream(io.BytesIO(raw[start:]))
    change = Change(entries, header["actors"], header["read_to"], clock)
    return Claimed(header["epoch"], header["claim"], change)


def _framed(header: dict[str, Any]) -> bytes:
    told = json.dumps(header).encode()
    return len(told).to_bytes(_LENGTH_BYTES, "big") + told
