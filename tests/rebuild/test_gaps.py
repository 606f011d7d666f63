"""Where messages had expired before they were read, rows say that they may lack some."""

from typing import Any

import pytest
from ground import FACTS, Ground
from oracle.records import DAY, at, pay

NOON = at("2026-03-10 12:00")
#: Of note-views, offsets 100 to 199 were gone. Before, all was read to NOON, and then from a day later on.
PROGRESS = [(90, NOON - DAY, 0), (100, NOON, 0), (250, NOON + DAY, 100), (300, NOON + 2 * DAY, 0)]


def put_progress(ground: Ground, rows: list[tuple[int, int, int]], **fields: Any) -> None:
    for slot, (next_offset, newest, expired) in enumerate(rows):
        row = {
            **{"topic": "note-views", "partition": 0, "epoch": 0, "slot": slot},
            **{"next_offset": next_offset, "end_offset": 300, "expired_unread": expired},
            **{"newest_message_at": newest, "newest_event_at": newest},
        } | fields
        names = ", ".join(f"`{name}`" for name in row)
        ground.client.execute(f"INSERT INTO progress ({names}) VALUES", [tuple(row.values())])


@pytest.mark.parametrize(
    ("paid_at", "incomplete"),
    [
        # What expired may have been as late as is allowed.
        (NOON - DAY - 1, False),
        (NOON - DAY, True),
        (NOON + DAY, True),
        (NOON + 3 * DAY - 1, True),
        (NOON + 3 * DAY, False),
    ],
)
def test_windows_that_meet_a_gap(ground: Ground, paid_at: int, incomplete: bool) -> None:
    put_progress(ground, PROGRESS)
    ground.put([pay(paid_at)], *FACTS)
    ground.rebuild(lookback_days=2, allowed_lateness_days=1)
    found = "SELECT path_incomplete, bitAnd(bitShiftRight(version, 16), 1) FROM conversions"
    assert ground.client.execute(found) == [(incomplete, not incomplete)]


@pytest.mark.parametrize(
    ("rows", "fields"),
    [
        (PROGRESS[:2], {}),
        (PROGRESS, {"topic": "taobao-purchases"}),
        (PROGRESS, {"newest_event_at": None}),
    ],
)
def test_no_touches_are_missing(
    ground: Ground, rows: list[tuple[int, int, int]], fields: dict[str, Any]
) -> None:
    put_progress(ground, rows, **fields)
    ground.put([pay(NOON + DAY)], *FACTS)
    ground.rebuild()
    assert ground.client.execute("SELECT path_incomplete FROM conversions") == [(False,)]


def test_nothing_is_known_of_before(ground: Ground) -> None:
    put_progress(ground, PROGRESS[2:])
    ground.put([pay(NOON - 9 * DAY)], *FACTS)
    ground.rebuild()
    assert ground.client.execute("SELECT path_incomplete FROM conversions") == [(True,)]
