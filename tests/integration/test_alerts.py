"""The alerts of docs/operations.md, by Prometheus itself: who pages whom when what happens."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from promtool import BEGINNING_S, Course, firing

PAGE = (Path(__file__).parents[2] / "docs/operations.md").read_text()
ROW = re.compile(r"^\| ([A-Z]\w+) \| `([^|]+)` \| (\d+[mh])? ?\| [^|]+ \|$", re.MULTILINE)
RULES = [
    {"alert": name, "expr": expression} | ({"for": length} if length else {})
    for name, expression, length in ROW.findall(PAGE)
]
WHO = 'job="zhongcao",instance="w:6066"'
ONE = 'topic="note-views",partition="0"'
MINUTE, HOUR = 60, 3600


def always(value: float) -> Course:
    return lambda at: value


def alive(worker: Mapping[str, Course]) -> dict[str, Course]:
    """A worker by its series' names and labels; all partitions are its own."""
    known = {
        "up": always(1),
        "zhongcao_ready": always(1),
        "zhongcao_partitions_assigned": always(8),
        "zhongcao_partitions_restoring": always(0),
        "process_start_time_seconds": always(BEGINNING_S),
        "zhongcao_records_total|topic": lambda at: 10 * at,
        "zhongcao_consumer_lag_records|one": always(0),
        "zhongcao_last_commit_timestamp_seconds": lambda at: BEGINNING_S + at,
        "zhongcao_newest_record_timestamp_seconds|one": lambda at: BEGINNING_S + at,
        **worker,
    }
    labels = {"": WHO, "one": f"{WHO},{ONE}", "topic": f'{WHO},topic="note-views"'}
    return {
        f"{name.partition('|')[0]}{{{labels[name.partition('|')[2]]}}}": course
        for name, course in known.items()
    }


def restarting(every_s: int, value: Any = 0) -> Course:
    """A series of a process that dies again and again, and is away for half a minute."""
    return lambda at: (
        None if at % every_s >= every_s - 30 else value(at) if callable(value) else value
    )


def begun(every_s: int) -> Course:
    return restarting(every_s, lambda at: BEGINNING_S + at - at % every_s)


def dying(every_s: int) -> dict[str, Course]:
    """Each time before anything was committed."""
    return {
        "up": lambda at: 0 if at % every_s >= every_s - 30 else 1,
        "process_start_time_seconds": begun(every_s),
        "zhongcao_last_commit_timestamp_seconds": restarting(every_s),
        "zhongcao_newest_record_timestamp_seconds|one": restarting(every_s),
        "zhongcao_records_total|topic": restarting(every_s),
        "zhongcao_consumer_lag_records|one": lambda at: (
            5 if 60 <= at % every_s < every_s - 30 else None
        ),
    }


CASES: dict[str, tuple[dict[str, Course], dict[int, set[str]]]] = {
    "all is well": ({}, {HOUR: set(), 4 * HOUR: set()}),
    "nothing comes": (
        {
            "zhongcao_records_total|topic": always(0),
            "zhongcao_last_commit_timestamp_seconds": always(0),
            "zhongcao_newest_record_timestamp_seconds|one": always(0),
        },
        {HOUR: set(), 3 * HOUR: set()},
    ),
    "it is killed for memory every five minutes, and never commits": (
        dying(300),
        {4 * MINUTE: set(), 13 * MINUTE: {"NotCommitting", "Behind"}},
    ),
    "it ends every twelve minutes, and gets along": (
        {
            "process_start_time_seconds": begun(720),
            "up": restarting(720, 1),
        },
        {HOUR: {"WorkerRestarts"}, 3 * HOUR: {"WorkerRestarts"}},
    ),
    "it was updated twice within the hour": (
        {"process_start_time_seconds": lambda at: BEGINNING_S + min(at // 1800, 2) * 1800},
        {2 * HOUR: set()},
    ),
    "it commits no more": (
        {
            "zhongcao_last_commit_timestamp_seconds": lambda at: BEGINNING_S + min(at, HOUR),
            "zhongcao_consumer_lag_records|one": lambda at: 3 if at > HOUR else 0,
        },
        {HOUR + 9 * MINUTE: set(), HOUR + 20 * MINUTE: {"NotCommitting"}},
    ),
    "a slow one falls behind by half an hour of its work": (
        {
            "zhongcao_records_total|topic": lambda at: at / 10,
            "zhongcao_consumer_lag_records|one": lambda at: at / 20,
        },
        {30 * MINUTE: set(), 3 * HOUR: {"FallingBehind"}},
    ),
    "a large backlog is worked off": (
        {
            "zhongcao_records_total|topic": lambda at: 1000 * at,
            "zhongcao_consumer_lag_records|one": lambda at: max(0, 2e6 - 100 * at),
        },
        {2 * HOUR: set()},
    ),
    "messages expired before anybody had read them": (
        {"zhongcao_expired_unread_total|one": always(7)},
        {5 * MINUTE: {"ExpiredUnread"}},
    ),
    "nobody is there": ({"up": always(0)}, {10 * MINUTE: {"WorkerGone"}}),
}


def test_there_are_rules() -> None:
    assert len(RULES) > 10


@pytest.mark.parametrize("case", CASES)
def test_what_fires(case: str, tmp_path: Path) -> None:
    changed, at = CASES[case]
    assert firing(tmp_path, RULES, alive(changed), at) == ""
