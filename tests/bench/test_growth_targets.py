"""What growth makes of its measurements: the targets at their edges, and when a store has settled."""

from pathlib import Path

import pytest

from bench.growth.found import Grown, targets
from bench.growth.grow import Still
from bench.measured import Cost


def grown(touches: int, drain_s: float, memory_mib: int, recovery_s: float) -> Grown:
    def cost(cpu_s: float) -> Cost:
        return Cost(2 * cpu_s, cpu_s, memory_mib << 20, 0)

    return Grown(
        touches, 1_000_000, cost(recovery_s), cost(1), cost(2), cost(drain_s), disk_bytes=0, paths=1
    )


def test_what_a_start_takes_is_no_cost_of_events() -> None:
    assert grown(1, drain_s=22, memory_mib=1, recovery_s=1).cpu_us == 20


@pytest.mark.parametrize(
    ("largest", "hold"),
    [
        (grown(9_000_000, drain_s=27, memory_mib=1024, recovery_s=30), [True, True, True]),
        (grown(9_000_000, drain_s=28, memory_mib=1024, recovery_s=30), [False, True, True]),
        (grown(9_000_000, drain_s=27, memory_mib=1025, recovery_s=30), [True, False, True]),
        (grown(9_000_000, drain_s=27, memory_mib=1024, recovery_s=31), [True, True, False]),
    ],
)
def test_targets(largest: Grown, hold: list[bool]) -> None:
    smallest = grown(1_000_000, drain_s=22, memory_mib=300, recovery_s=60)
    assert [one.holds for one in targets([smallest, largest])] == hold


def test_one_size_does_not_tell_how_the_cost_grows() -> None:
    assert len(list(targets([grown(1_000_000, 22, 300, 1)]))) == 2


def test_a_store_is_still_when_its_tables_are(tmp_path: Path) -> None:
    now = 10.0
    still = Still(tmp_path, lambda: now)
    (tmp_path / "0000").mkdir()
    table = tmp_path / "0000" / "1.sst"
    waited = []
    for change in (None, b"12", None, b"123", None, None):
        if change:
            table.write_bytes(change)
        (tmp_path / "0000" / "LOG").write_text(str(now))
        waited.append(still.for_s())
        now += 1
    table.unlink()
    assert [*waited, still.for_s()] == [0, 0, 1, 0, 1, 2, 0]
