"""What will become of events is told before workers have them, as workers will have it."""

from collections.abc import Iterator

import pytest
from oracle.records import DAY, at, but, pay, save, view

from schemas.topics import SourceEvent
from streams.forecast import STEP, Forecast
from streams.partitioning import partition_of
from streams.settings import Settings

T = at("2024-06-18 20:00")
SETTINGS = Settings(partitions=4, allowed_lateness_days=3)
OURS = partition_of(b"u1", 4)


def forecast(*events: SourceEvent, until: dict[int, int] | None = None) -> Forecast:
    found = Forecast(SETTINGS, until)
    assert list(found.watch(events)) == list(events)
    return found


def test_what_is_refused_and_why() -> None:
    found = forecast(
        view(T),
        pay(T, quantity=0),
        pay(T, quantity=0),
        save(T, action="OTHER"),
        but(pay(T), shop_id=""),
    )
    assert found.used == 1
    assert found.refused == {
        "invalid_field: quantity is below 1": 2,
        "invalid_field: action is OTHER: what it does is not known": 1,
        "invalid_field: shop_id is empty": 1,
    }


@pytest.mark.parametrize(("behind", "late"), [(3 * DAY, 0), (3 * DAY + 1, 1)])
def test_behind_what_was_sent_before(behind: int, late: int) -> None:
    found = forecast(view(T - behind), pay(T), view(T - behind))
    assert (found.used, found.late) == (3, late)


@pytest.mark.parametrize(("behind", "late"), [(0, 0), (1, 1)])
def test_behind_what_is_complete(behind: int, late: int) -> None:
    found = forecast(view(T - behind), until={OURS: T, (OURS + 1) % 4: T + DAY})
    assert found.late == late
    assert len(found.days) == len(found.brands) == late


def test_what_is_refused_moves_no_time() -> None:
    found = forecast(pay(T + 30 * DAY, quantity=0), view(T))
    assert (found.used, found.late) == (1, 0)


def test_the_first_that_is_late_is_told_at_once() -> None:
    told: list[SourceEvent] = []
    events = [view(T), *(view(T - 9 * DAY - n) for n in range(2 * STEP))]

    def seen() -> Iterator[int]:
        found = Forecast(SETTINGS, told=told.append)
        for _ in found.watch(events):
            yield len(told)

    counts = list(seen())
    assert told == [events[1]]
    assert counts.index(1) == STEP


def test_their_own_timestamps_are_judged_where_they_are_kept() -> None:
    early = SourceEvent(view(T).topic, view(T).record, T - 2 * DAY)
    assert forecast(early).used == 1
    dated = Forecast(SETTINGS, dated=True)
    list(dated.watch([early]))
    assert dated.refused.keys() == {
        "from_the_future: occurred_at lies more than 24 h after the Kafka timestamp"
    }
