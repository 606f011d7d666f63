"""Workers of one group share the partitions, and take them over from each other."""

import asyncio

from workbench import PARTITIONS, READ_TOPICS, Workbench, eventually

from schemas.topics import SOURCE_TOPICS
from sinks.memory import MemorySink
from streams.app import App

USERS = 200


def numbers(app: App) -> dict[str, set[int]]:
    """Topic → the partition numbers that a worker reads."""
    return {
        topic: {tp.partition for tp in app.consumer.assignment() if tp.topic == topic}
        for topic in SOURCE_TOPICS
    }


def test_a_partition_number_is_on_one_worker_for_all_topics(bench: Workbench) -> None:
    async def scenario() -> list[dict[str, set[int]]]:
        apps = [bench.worker(MemorySink()) for _ in range(2)]
        for app in apps:
            await app.start()
        await eventually(
            lambda: all(
                len(app.consumer.assignment()) == READ_TOPICS * PARTITIONS / 2 for app in apps
            )
        )
        found = [numbers(app) for app in apps]
        for app in apps:
            await app.stop()
        return found

    one, other = asyncio.run(scenario())
    assert len({frozenset(found) for found in one.values()}) == 1
    assert one["note-views"] | other["note-views"] == set(range(PARTITIONS))
    assert not one["note-views"] & other["note-views"]


def test_the_rows_are_those_of_one_worker_when_workers_come_and_go(bench: Workbench) -> None:
    async def scenario() -> None:
        first = bench.worker(sink)
        await first.start()
        for user in range(USERS):
            bench.view(user, at=user)
        await eventually(lambda: first.processed > 0)
        second = bench.worker(sink)
        await second.start()
        await eventually(lambda: len(second.consumer.assignment()) == READ_TOPICS * PARTITIONS / 2)
        for user in range(USERS):
            bench.view(user, at=1000 + user)
        await first.stop()
        first.partitions.close()
        for user in range(USERS):
            bench.pay(user, at=5000)
        await eventually(lambda: len(second.consumer.assignment()) == READ_TOPICS * PARTITIONS)
        await eventually(lambda: committed(second, bench))
        await second.stop()

    sink = MemorySink()
    asyncio.run(scenario())
    paths = {row["sub_order_id"]: len(row["path.kind"]) for row in sink.rows("conversions")}
    assert paths == {f"s{user}": 2 for user in range(USERS)}
    assert {(row["user_id"], row["occurred_at"]) for row in sink.rows("touches")} == {
        (f"u{user}", 1_750_132_800_000 + at) for user in range(USERS) for at in (user, 1000 + user)
    }


def committed(app: App, bench: Workbench) -> bool:
    """Ask for a commit, and see whether everything is."""
    app.add_future(app.consumer.commit())
    return bench.unread() == 0
