"""What was measured, by size, and what is aimed at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.measured import Cost
from bench.targets import Target

#: At the largest size, against the smallest.
COST_TARGET = 1.25
MEMORY_TARGET_BYTES = 1 << 30
#: Touches per second of processor time, at the largest size: there it weighs least what a start takes.
RECOVERY_TARGET = 300_000


@dataclass(frozen=True, slots=True)
class Grown:
    """What was measured with so many touches in the states.

    recovery: from the changelog, with an empty folder, until the worker is ready. settling: with the folder, until
    RocksDB has compacted what the recovery left. start: with the folder, until the worker is ready. drain: with the
    folder, until all events are committed, the start included.
    disk_bytes: the folder after that. paths: how many touches the paths of the events' conversions have.
    """

    touches: int
    events: int
    recovery: Cost
    settling: Cost
    start: Cost
    drain: Cost
    disk_bytes: int
    paths: int

    @property
    def cpu_us(self) -> float:
        """What an event costs, µs of processor time. To start is no part of it."""
        return (self.drain.cpu_s - self.start.cpu_s) / self.events * 1e6

    @property
    def memory_bytes(self) -> int:
        """The most that was resident at any time."""
        runs = (self.recovery, self.settling, self.start, self.drain)
        return max(cost.memory_bytes for cost in runs)

    @property
    def recovered_per_cpu_s(self) -> float:
        """Touches per second of processor time, that of the start included."""
        return self.touches / self.recovery.cpu_s

    @property
    def recovered_per_s(self) -> float:
        """Touches per second from the start until the worker is ready."""
        return self.touches / self.recovery.wall_s


def targets(found: Sequence[Grown]) -> Iterator[Target]:
    """Those that can be judged: with one size nothing tells how the cost grows.

    found: the smallest first.
    """
    smallest, largest = found[0], found[-1]
    if len(found) > 1:
        ratio = largest.cpu_us / smallest.cpu_us
        yield Target(
            f"cost of an event at the largest size: {ratio:.2f} × that at the smallest; at most {COST_TARGET} wanted",
            ratio <= COST_TARGET,
        )
    memory_mib, most_mib = largest.memory_bytes / 2**20, MEMORY_TARGET_BYTES / 2**20
    yield Target(
        f"memory at the largest size: {memory_mib:,.0f} MiB; at most {most_mib:,.0f} wanted",
        largest.memory_bytes <= MEMORY_TARGET_BYTES,
    )
    rate = largest.recovered_per_cpu_s
    yield Target(
        f"recovery at the largest size: {rate:,.0f} touches per CPU-second; at least {RECOVERY_TARGET:,} wanted",
        rate >= RECOVERY_TARGET,
    )
