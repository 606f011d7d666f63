"""Workers with disks of their own are restarted one after another, and what that moves and restores is counted.

    PYTHONPATH=tests:tests/integration python -m rolling --partitions 12 --workers 3 [--without-ids]

It needs what `local_kafka` does, and an embedded ClickHouse.
"""

import argparse
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from group_of_workers import Workers
from local_kafka import LocalKafka

from sinks.connection import ClickHouse
from sinks.migrate import migrate
from streams.kafka import topics
from streams.settings import Settings

WITHIN_S = 180


@dataclass(frozen=True)
class Restarts:
    """What restarts of every worker came to.

    moved: partition numbers that another worker had afterwards than before. restored: times that anything was read
    back from the changelog. rebalances: times that workers were given partitions, beyond the first of each process.
    folders: folders of states on all disks.
    """

    moved: int
    restored: int
    rebalances: int
    folders: int

    def __str__(self) -> str:
        return (
            f"{self.moved} partitions moved, {self.restored} restores, {self.rebalances} further assignments, "
            f"{self.folders} folders"
        )


def restart_all(workers: Workers, names: list[str]) -> Restarts:
    """Stop and start each worker, while the others run."""
    before, given, restored = owners(workers, names), 0, restores(workers, names)
    for name in names:
        others = [other for other in names if other != name]
        had = {other: assignments(workers, other) for other in others}
        starts = assignments(workers, name)
        workers.stop(name)
        workers.start(name)
        workers.until(
            lambda name=name, starts=starts: assignments(workers, name) > starts, WITHIN_S
        )
        workers.until(lambda: settled(workers, names), WITHIN_S)
        given += sum(assignments(workers, other) - had[other] for other in others)
    after = owners(workers, names)
    moved = sum(before[number] != after[number] for number in before)
    return Restarts(moved, restores(workers, names) - restored, given, folders(workers, names))


def settled(workers: Workers, names: list[str]) -> bool:
    """Does each partition number have one worker, by what the workers were told last?"""
    given = [number for name in names for number in assigned(workers, name)]
    return sorted(given) == list(range(workers.settings.partitions))


def owners(workers: Workers, names: list[str]) -> Mapping[int, str]:
    return {number: name for name in names for number in assigned(workers, name)}


def assigned(workers: Workers, name: str) -> list[int]:
    told = re.findall(r"partitions assigned partitions=\[([\d, ]*)\]", workers.log(name))
    return [int(number) for number in told[-1].split(", ") if number] if told else []


def assignments(workers: Workers, name: str) -> int:
    return workers.log(name).count("partitions assigned")


def restores(workers: Workers, names: list[str]) -> int:
    return sum(len(re.findall(r"partition \d+: restored", workers.log(n))) for n in names)


def folders(workers: Workers, names: list[str]) -> int:
    return sum(len(list(workers.data_dir(name).glob("state/[0-9]*"))) for name in names)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--partitions", type=int, default=12)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument(
        "--without-ids", action="store_true", help="a new member of the group each time"
    )
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, LocalKafka() as kafka:
        from sinks.embedded import EmbeddedServer

        settings = Settings(broker=f"kafka://{kafka.address}", partitions=wanted.partitions)
        topics.create(settings, replication=1)
        with EmbeddedServer(Path(folder, "clickhouse")) as server:
            clickhouse = ClickHouse(
                port=server.native_port, http_port=server.http_port, database="rolling"
            )
            migrate(clickhouse)
            print(
                measured(settings, clickhouse, Path(folder), wanted.workers, not wanted.without_ids)
            )


def measured(
    settings: Settings, clickhouse: ClickHouse, folder: Path, count: int, static: bool
) -> Restarts:
    """Restart so many workers that have processed something."""
    names = [f"worker-{number}" for number in range(1, count + 1)]
    with Workers(settings, clickhouse, folder, static=static) as workers:
        workers.start(*names)
        workers.until(lambda: settled(workers, names), WITHIN_S)
        workers.publish(20_000)
        workers.until(lambda: workers.lag() == 0, WITHIN_S)
        return restart_all(workers, names)


if __name__ == "__main__":
    main()
