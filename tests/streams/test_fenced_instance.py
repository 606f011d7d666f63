"""A static member that lost its id asks by the former one whether another has its instance id."""

import asyncio
from typing import Any

import pytest
from aiokafka.consumer.group_coordinator import GroupCoordinator

from streams.transport.membership import Coordinator

FORMER, NONE = "worker-1-7f3a", ""


@pytest.fixture
def coordinator(monkeypatch: pytest.MonkeyPatch) -> Any:
    async def join(self: Any, subscription: Any) -> bool:
        joined_as.append(self.member_id)
        self.reset_generation()  # Kafka does not know that member
        return False

    joined_as: list[str] = []
    monkeypatch.setattr(GroupCoordinator, "_do_rejoin_group", join)
    monkeypatch.setattr(GroupCoordinator, "request_rejoin", lambda self: None)
    found = Coordinator.__new__(Coordinator)
    found.member_id, found._former_id, found._group_instance_id = FORMER, NONE, "worker-1"
    found.joined_as = joined_as
    return found


@pytest.mark.parametrize("times", [1, 2])
def test_the_former_id_is_asked_for_once(coordinator: Any, times: int) -> None:
    # A commit of two partitions is told twice, and a heartbeat meanwhile once more.
    for _ in range(times):
        coordinator.reset_generation()
    for _ in range(2):
        asyncio.run(coordinator._do_rejoin_group(None))
    assert coordinator.joined_as == [FORMER, NONE]


def test_who_has_no_instance_id_joins_as_anybody(coordinator: Any) -> None:
    coordinator._group_instance_id = None
    coordinator.reset_generation()
    asyncio.run(coordinator._do_rejoin_group(None))
    assert coordinator.joined_as == [NONE]
