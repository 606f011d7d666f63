"""Generated traffic that many tests look at, and files to read from."""

import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.topics import LINK_CLICKS, NOTE_SAVES, NOTE_VIEWS, TAOBAO_PURCHASES, SourceEvent
from sources.generator import Traffic, generate
from sources.readers import RejectsFile, read

Record = dict[str, Any]
ReadBytes = Callable[..., tuple[list[SourceEvent], list[Record]]]

#: More orders than by default, so that shares of orders can be measured.
TRAFFIC = Traffic(
    events=60_000,
    seed=3,
    users=6_000,
    notes=300,
    order_share=0.03,
    click_share=0.05,
    late_share=0.01,
)


@pytest.fixture(scope="session")
def traffic() -> Traffic:
    return TRAFFIC


@pytest.fixture(scope="session")
def arrived() -> list[SourceEvent]:
    """Every event of TRAFFIC as it arrives."""
    return list(generate(TRAFFIC))


@pytest.fixture(scope="session")
def records(arrived: list[SourceEvent]) -> dict[str, list[Record]]:
    """By topic, each distinct record once, by occurred_at."""
    distinct = {(event.topic, *event.record.values()): event for event in arrived}
    by_topic: dict[str, list[Record]] = defaultdict(list)
    for event in sorted(distinct.values(), key=lambda event: event.record["occurred_at"]):
        by_topic[event.topic].append(event.record)
    return by_topic


@pytest.fixture(scope="session")
def views(records: dict[str, list[Record]]) -> list[Record]:
    return records[NOTE_VIEWS]


@pytest.fixture(scope="session")
def saves(records: dict[str, list[Record]]) -> list[Record]:
    return records[NOTE_SAVES]


@pytest.fixture(scope="session")
def clicks(records: dict[str, list[Record]]) -> list[Record]:
    return records[LINK_CLICKS]


@pytest.fixture(scope="session")
def transactions(records: dict[str, list[Record]]) -> list[Record]:
    return records[TAOBAO_PURCHASES]


@pytest.fixture(scope="session")
def sub_orders(transactions: list[Record]) -> dict[str, list[Record]]:
    """The transactions of each sub-order in order of time; the first is its earliest payment."""
    lines: dict[str, list[Record]] = defaultdict(list)
    for transaction in transactions:
        lines[transaction["sub_order_id"]].append(transaction)
    return lines


@pytest.fixture
def read_bytes(tmp_path: Path) -> ReadBytes:
    """Read a file of these bytes: its events and its rejects."""

    def read_bytes(content: bytes, format: str) -> tuple[list[SourceEvent], list[Record]]:
        path, rejects_path = tmp_path / "input", tmp_path / "rejects"
        path.write_bytes(content)
        rejects_path.unlink(missing_ok=True)
        with RejectsFile(rejects_path) as rejects, read(path, format, rejects) as reading:
            events = list(reading)
        if not rejects_path.exists():
            return events, []
        lines = rejects_path.read_text(encoding="utf-8").splitlines()
        assert rejects.count == len(lines)
        return events, [json.loads(line) for line in lines]

    return read_bytes
