"""Consumer groups of memory:// brokers: who reads what, by Faust's own assignor."""

import asyncio
from collections.abc import Collection
from typing import Any, Protocol

from faust.types import TP


class Topics(Protocol):
    """What a group must know of its broker."""

    def topics(self) -> list[str]: ...
    def partitions(self, topic: str) -> int: ...


class _Cluster:
    """As much of Kafka's cluster metadata as an assignor asks for."""

    def __init__(self, broker: Topics) -> None:
        self._broker = broker

    def topics(self) -> set[str]:
        return set(self._broker.topics())

    def partitions_for_topic(self, topic: str) -> set[int]:
        return set(range(self._broker.partitions(topic)))


class Group:
    """The members of one group; whenever they change, all partitions are assigned anew.

    The order is Kafka's: everything is revoked from every member, then the new generation is assigned.
    All members live on one event loop.
    """

    def __init__(self, broker: Topics) -> None:
        self._broker = broker
        self._members: dict[str, tuple[Any, Collection[str]]] = {}
        self._generation = 0
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def join(self, consumer: Any, topics: Collection[str]) -> None:
        """Add a member, or change its topics."""
        self._members[str(id(consumer))] = (consumer, topics)
        self._schedule()

    def leave(self, consumer: Any) -> None:
        """Remove a member; its partitions go to the others."""
        if self._members.pop(str(id(consumer)), None):
            self._schedule()

    def _schedule(self) -> None:
        task = asyncio.get_running_loop().create_task(self._rebalance())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _rebalance(self) -> None:
        async with self._lock:
            members = dict(self._members)
            self._generation += 1
            for consumer, _ in members.values():
                consumer.app.on_rebalance_start()
                await consumer.on_partitions_revoked(set(consumer.assignment()))
            for name, assignment in self._assign(members).items():
                consumer, _ = members[name]
                consumer.app.assignor.on_assignment(assignment)
                assigned = {TP(tp.topic, tp.partition) for tp in assignment.partitions()}
                consumer.assign(assigned)
                consumer.app.consumer_generation_id = self._generation
                await consumer.on_partitions_assigned(assigned, self._generation)

    def _assign(self, members: dict[str, tuple[Any, Collection[str]]]) -> dict[str, Any]:
        metadata = {
            name: consumer.app.assignor.metadata(set(topics))
            for name, (consumer, topics) in members.items()
        }
        for leader, _ in members.values():
            assigned: dict[str, Any] = leader.app.assignor.assign(_Cluster(self._broker), metadata)
            return assigned
        return {}
