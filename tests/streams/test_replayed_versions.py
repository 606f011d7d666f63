"""A replay puts offsets back for a while, and no row of that while is the last word."""

import pytest
from one_partition import OnePartition
from oracle.messages import encoded
from oracle.records import DAY, HOUR, at, pay, save, view

from schemas.topics import SourceEvent

DEPOSIT = at("2024-06-18 20:00")
BALANCE = DEPOSIT + 2 * DAY
#: Offsets between two deliveries of one event.
APART = 10


@pytest.mark.parametrize(
    "twice",
    [
        view(DEPOSIT - HOUR),
        view(DEPOSIT + HOUR),
        view(DEPOSIT + DAY + HOUR),
        pay(DEPOSIT + HOUR),
        pay(BALANCE),
    ],
)
def test_a_touch_that_came_while_offsets_were_back_is_in_the_path(
    partition: OnePartition, twice: SourceEvent
) -> None:
    again = [*(_of_others(twice) for _ in range(APART)), twice]
    partition.feed(pay(DEPOSIT), pay(BALANCE))
    partition.read([encoded(twice)], acknowledge=False)
    partition.read(map(encoded, again), acknowledge=False)
    partition.feed(save(DEPOSIT - 2))
    partition.restart()
    partition.feed(twice)
    partition.feed(save(DEPOSIT - 1))
    partition.feed(*again)
    assert partition.path()[-2:] == [DEPOSIT - 2, DEPOSIT - 1]


def _of_others(event: SourceEvent) -> SourceEvent:
    if event.topic == pay(DEPOSIT).topic:
        return pay(DEPOSIT, "s2", user_id="u2")
    return view(DEPOSIT, user_id="u2")
