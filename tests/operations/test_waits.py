"""What a worker tells of a stop that took too long: where its tasks wait."""

import asyncio
from collections.abc import AsyncIterator

from streams.operations.process import waits


async def outer(event: asyncio.Event) -> None:
    await inner(event)


async def inner(event: asyncio.Event) -> None:
    async for _ in steps(event):
        pass


async def steps(event: asyncio.Event) -> AsyncIterator[None]:
    await event.wait()
    yield


def test_the_coroutines_of_each_unfinished_task_are_named_the_innermost_last() -> None:
    async def scenario() -> tuple[list[str], list[str]]:
        event = asyncio.Event()
        task = asyncio.create_task(outer(event))
        await asyncio.sleep(0)
        waiting = waits()
        event.set()
        await task
        return waiting, waits()

    waiting, finished = asyncio.run(scenario())
    [told] = [each for each in waiting if each.startswith("outer:")]
    assert [place.partition(":")[0] for place in told.split(" > ")] == [
        "outer",
        "inner",
        "steps",
        "Event.wait",
    ]
    assert not [each for each in finished if each.startswith("outer:")]
