"""What may be committed is the end of the acknowledged prefix of what was delivered."""

import asyncio

import pytest
from faust.types import TP

from streams.transport.batching import InFlight

ONE, OTHER = TP("note-views", 0), TP("note-views", 1)


@pytest.mark.parametrize(
    ("done", "committable"),
    [
        ([], None),
        ([0], 10),
        ([1], None),
        ([1, 2], None),
        ([0, 1], 25),
        ([2, 0], 10),
        ([2, 1, 0], 31),
    ],
)
def test_the_acknowledged_prefix(done, committable) -> None:
    in_flight = InFlight()
    deliveries = [in_flight.deliver({ONE: offset}) for offset in (10, 25, 31)]
    for index in done:
        deliveries[index].done = True
    assert in_flight.committable(ONE) == committable


def test_what_was_not_committed_is_offered_again() -> None:
    """A commit may fail."""
    in_flight = InFlight()
    for offset in (10, 25):
        in_flight.deliver({ONE: offset}).done = True
    assert [in_flight.committable(ONE), in_flight.committable(ONE)] == [25, 25]
    in_flight.committed(ONE, 10)
    assert in_flight.committable(ONE) == 25
    in_flight.committed(ONE, 25)
    assert in_flight.committable(ONE) is None
    assert in_flight.partitions() == []


def test_a_commit_from_elsewhere_does_not_drop_what_is_not_done() -> None:
    in_flight = InFlight()
    in_flight.deliver({ONE: 10})
    in_flight.committed(ONE, 99)
    assert in_flight.partitions() == [ONE]


def test_what_was_held_up_follows_when_the_gap_closes() -> None:
    in_flight = InFlight()
    first, second = in_flight.deliver({ONE: 10}), in_flight.deliver({ONE: 20})
    second.done = True
    assert in_flight.committable(ONE) is None
    first.done = True
    assert in_flight.committable(ONE) == 20


def test_partitions_do_not_wait_for_each_other() -> None:
    in_flight = InFlight()
    in_flight.deliver({ONE: 10})
    in_flight.deliver({OTHER: 7}).done = True
    assert in_flight.committable(OTHER) == 7
    assert in_flight.committable(ONE) is None
    in_flight.committed(OTHER, 7)
    assert in_flight.partitions() == [ONE]


def test_after_clear_a_late_acknowledgement_commits_nothing() -> None:
    in_flight = InFlight()
    lost = in_flight.deliver({ONE: 10})
    in_flight.clear()
    lost.done = True
    assert in_flight.committable(ONE) is None
    assert in_flight.partitions() == []


def test_there_is_room_while_batches_take_less_than_they_may() -> None:
    asyncio.run(room_comes_and_goes(InFlight(max_bytes=100)))


async def room_comes_and_goes(in_flight: InFlight) -> None:
    async def room() -> bool:
        return await in_flight.room(timeout=0)

    found = [await room()]
    one, other = (in_flight.deliver({ONE: offset}, memory_bytes=60) for offset in (10, 25))
    found.append(await room())
    in_flight.acknowledge(one)
    found.append(await room())
    in_flight.deliver({OTHER: 5}, memory_bytes=60)
    found.append(await room())
    in_flight.clear()
    in_flight.acknowledge(other)
    found.append(await room())
    third = in_flight.deliver({ONE: 30}, memory_bytes=100)
    found.append(await room())
    in_flight.recount(third, 99)
    found.append(await room())
    in_flight.recount(third, 120)
    found.append(await room())
    in_flight.acknowledge(third)
    found.append(await room())
    assert found == [True, False, True, False, True, False, True, False, True]


@pytest.mark.parametrize("steps", range(4))
def test_who_waits_for_room_can_be_cancelled_even_as_there_is_room(steps: int) -> None:
    in_flight = InFlight(max_bytes=100)
    delivery = in_flight.deliver({ONE: 10}, memory_bytes=100)

    async def scenario() -> bool:
        waiting = asyncio.create_task(in_flight.room(timeout=60))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        in_flight.acknowledge(delivery)
        for _ in range(steps):
            await asyncio.sleep(0)
        told = waiting.cancel()
        await asyncio.wait([waiting])
        return told == waiting.cancelled()

    assert asyncio.run(scenario())
