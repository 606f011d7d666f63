"""A worker on Kafka removes folders of partitions that are not its own; one without a changelog removes none."""

import asyncio
import os
from pathlib import Path

import pytest
from workbench import Workbench, eventually

from sinks.memory import MemorySink


@pytest.mark.parametrize(
    ("has_changelog", "left"), [(True, ["0000", "0001"]), (False, ["0000", "0001", "0007"])]
)
def test_what_is_removed(
    bench: Workbench, tmp_path: Path, has_changelog: bool, left: list[str]
) -> None:
    async def scenario() -> None:
        app = bench.worker(MemorySink())
        for number in (0, 1, 7):
            app.partitions.state(number)
        app.partitions.close()
        for path in (tmp_path / "state").glob("0*/**/*"):
            os.utime(path, (0, 0))
            os.utime(path.parent, (0, 0))
        await app.start()
        await eventually(lambda: bool(app.consumer.assignment()) and not app.rebalancing)
        app._made_at = float("-inf")
        app.kafka_log = object() if has_changelog else None  # type: ignore[assignment]
        await app.remove_unused_states()
        app.kafka_log = None
        await app.stop()

    asyncio.run(scenario())
    found = sorted(path.name for path in (tmp_path / "state").glob("0*"))
    assert [name for name in found if name in ("0000", "0001", "0007")] == left
