"""What others have written to the changelog's topic: never taken for state, and never the end of a worker."""

import asyncio
import io
import json
import logging
from typing import Any

import polars as pl
import pytest
from oracle.list_log import ListLog

from schemas.errors import StateError
from streams.changelog import Changelog
from streams.changelog.records import Claimed, to_bytes
from streams.event_time import EventTime
from streams.state import Change, Position
from streams.state.formats import FORMAT

NUMBER = 7


def change(number: int) -> Change:
    entries = pl.DataFrame({"key": [f"e{number:04d}".encode()], "value": [b"0 0 "]})
    return Change(entries, 0, {"note-views": number}, EventTime(number, {"note-views": number}))


def framed(header: Any, body: bytes = b"") -> bytes:
    told = json.dumps(header).encode()
    return len(told).to_bytes(4, "big") + told + body


def arrow(**columns: Any) -> bytes:
    body = io.BytesIO()
    pl.DataFrame(columns).write_ipc_stream(body, compression="zstd")
    return body.getvalue()


GOOD = {
    "epoch": 0,
    "claim": 0,
    "format": FORMAT,
    "actors": 0,
    "read_to": {"note-views": 9},
    "now": 9,
    "newest": {},
}
ENTRIES = arrow(key=[b"e0009"], value=[b"0 0 "])

FOREIGN = {
    "nothing": None,
    "empty": b"",
    "text": b"hello",
    "a length that lies": b"\xff\xff\xff\xff{}",
    "nested too deeply": (200_000).to_bytes(4, "big") + b"[" * 200_000,
    "a list": framed([]),
    "half a header": framed({"epoch": 0}),
    "a header of other types": framed({"epoch": "0", "claim": 0}),
    "a claim that nobody made": framed({**GOOD, "claim": 2**62}, ENTRIES),
}
UNREADABLE = {
    **{f"a body of {n} bytes": framed(GOOD, ENTRIES[:n]) for n in range(0, len(ENTRIES), 7)},
    "no body": framed(GOOD),
    "half an Arrow file": framed({**GOOD, "format": 1}, b"ARROW1" + bytes(40)),
    "a key of a former format that is none": framed({**GOOD, "format": 1}, ENTRIES),
    "a value of a former format that is none": framed(
        {**GOOD, "format": 1}, arrow(key=[b"e199102u102b117187120000001n1"], value=[b"x"])
    ),
    "a header that lacks a field": framed({"epoch": 0, "claim": 0}, ENTRIES),
    "other columns": framed(GOOD, arrow(k=[b"e0009"], v=[b""])),
    "other types": framed(GOOD, arrow(key=["e0009"], value=[b""])),
    "a key that is none": framed(GOOD, arrow(key=[None, b"e0009"], value=[b"", b""])),
    "the key of the clock": framed(GOOD, arrow(key=[b"meta"], value=[b"{}"])),
    "a key of a forgotten user": framed(GOOD, arrow(key=[b"f" + b"0" * 64], value=[b""])),
    "a key that is no text": framed(GOOD, arrow(key=[b"e0009\xff"], value=[b""])),
    "too many actors": framed({**GOOD, "actors": 2}, ENTRIES),
    "a clock that is no number": framed({**GOOD, "now": "9"}, ENTRIES),
    "a clock beyond 64 bits": framed({**GOOD, "newest": {"note-views": 2**63}}, ENTRIES),
    "offsets that are none": framed({**GOOD, "read_to": [9]}, ENTRIES),
}


def counting(log: ListLog, epoch: int = 0) -> tuple[list[int], int]:
    """The numbers of the changes that a new owner finds, and how many records it passed over."""

    async def found() -> tuple[list[int], int]:
        changelog = Changelog(log, epoch)
        owned = await changelog.claim(NUMBER)
        changes = changelog.changes(owned, Position())
        return [each.change.event_time.now async for each in changes], changelog.skipped

    return asyncio.run(found())


def log_with(record: Any) -> ListLog:
    """A claim, a change, something else, and a change."""

    async def written() -> ListLog:
        log = ListLog()
        owned = await Changelog(log, 0).claim(NUMBER)
        await owned.append(change(1))
        await log.append(NUMBER, record)
        await owned.append(change(2))
        return log

    return asyncio.run(written())


@pytest.mark.parametrize("name", FOREIGN)
def test_what_no_worker_wrote_is_passed_over(name: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="streams.changelog"):
        assert counting(log_with(FOREIGN[name])) == ([1, 2], 1)
    [warning] = caplog.messages
    assert warning.startswith("partition 7: offset 2 of its changelog was not written by a worker")


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_change_that_cannot_be_read_stops_the_worker(name: str) -> None:
    """It may be one of a later version: without it the state would lack events, and nothing would tell."""
    log = log_with(UNREADABLE[name])
    with pytest.raises(StateError, match=r"Offset 2 of the changelog of partition 7 cannot be rea"):
        counting(log)
    # What the sentence advises.
    assert counting(log, epoch=1) == ([], 0)


def test_a_change_that_does_not_count_need_not_be_readable() -> None:
    log = ListLog()

    async def written() -> None:
        for _ in range(2):
            owned = await Changelog(log, 0).claim(NUMBER)
        await log.append(NUMBER, UNREADABLE["no body"])
        await owned.append(change(2))

    asyncio.run(written())
    assert counting(log) == ([2], 0)


def test_a_record_that_the_beginning_of_the_log_no_longer_explains_counts() -> None:
    log = ListLog()
    log.records[NUMBER] = [b"", b"", to_bytes(Claimed(0, 1, change(5)))]
    log.expire(NUMBER, 2)

    async def found() -> list[int]:
        changelog = Changelog(log, 0)
        owned = await changelog.claim(NUMBER)
        changes = changelog.changes(owned, Position(2))
        return [each.change.event_time.now async for each in changes]

    assert asyncio.run(found()) == [5]
