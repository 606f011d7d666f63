"""The faults: each draws from the seed when it strikes and whom."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from faults.points import POINTS
from faults.proxy import Way

if TYPE_CHECKING:
    from faults.scenario import Scenario

#: While faults strike, s.
SPAN_S = 12.0
DISK = "64m"


@dataclass(frozen=True, slots=True)
class Strike:
    """Something that is done at a time. at: s after the start."""

    at: float
    does: Callable[[], object]


Draw = Callable[["Scenario", Random], Iterator[Strike]]


def _time(rng: Random, last: float = SPAN_S) -> float:
    return rng.uniform(1.0, last)


def _someone(scenario: "Scenario", rng: Random) -> str:
    return rng.choice(list(scenario.crew.members))


def dies_at_a_point(scenario: "Scenario", rng: Random) -> Iterator[Strike]:
    """Up to three lives of a worker end between two steps of the order of effects."""
    member = scenario.crew.members[_someone(scenario, rng)]
    for _ in range(rng.randint(1, 3)):
        member.at_points.append(f"die:{rng.choice(POINTS)}:{rng.randint(1, 8)}")
    yield from ()


def hangs_at_a_point(scenario: "Scenario", rng: Random) -> Iterator[Strike]:
    """For longer than its session, between two steps of the order of effects: then it goes on with the next."""
    member = scenario.crew.members[_someone(scenario, rng)]
    member.at_points.append(f"nap:{rng.choice(POINTS)}:{rng.randint(1, 20)}")
    yield from ()


def is_killed(scenario: "Scenario", rng: Random) -> Iterator[Strike]:
    for _ in range(rng.randint(1, 3)):
        name = _someone(scenario, rng)
        yield Strike(_time(rng), lambda name=name: scenario.crew.kill(name))


def is_paused(scenario: "Scenario", rng: Random) -> Iterator[Strike]:
    """For longer than its session: another takes over, and then it wakes up."""
    name, at = _someone(scenario, rng), _time(rng, SPAN_S / 2)
    yield Strike(at, lambda: scenario.crew.pause(name))
    yield Strike(
        at + scenario.settings.session_timeout_s + rng.uniform(1, 4),
        lambda: scenario.crew.resume(name),
    )


def loses_its_disk(scenario: "Scenario", rng: Random) -> Iterator[Strike]:
    member = scenario.crew.members[_someone(scenario, rng)]

    def lose() -> None:
        scenario.crew.kill(member.name)
        for path in member.data_dir.glob("*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    yield Strike(_time(rng), lose)


def tears_a_file(scenario: "Scenario", rng: Random) -> Iterator[Strike]:
    """The newest write-ahead log of a state ends in the middle of a record, or in junk."""
    member = scenario.crew.members[_someone(scenario, rng)]
    cut, junk = rng.randint(1, 200), rng.randbytes(50) if rng.random() < 0.5 else b""

    def tear() -> None:
        scenario.crew.kill(member.name)
        logs = sorted(member.data_dir.rglob("*.log"), key=lambda path: path.stat().st_mtime)
        for path in logs[-1:]:
            content = path.read_bytes()
            path.write_bytes(content[: max(len(content) - cut, 0)] + junk)

    yield Strike(_time(rng), tear)


def has_a_full_disk(scenario: "Scenario", rng: Random) -> Iterator[Strike]:
    """There is no byte left for some seconds; the worker ends, and is started again and again."""
    member = scenario.crew.members[_someone(scenario, rng)]
    ballast, at = member.data_dir / "ballast", _time(rng, SPAN_S / 2)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", member.data_dir], check=True
    )
    assert mounted.returncode == 0
    scenario.cleanups.append(lambda: subprocess.run(["umount", "-l", member.data_dir], check=True))

    def fill() -> None:
        with ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 16))
            except OSError:
                pass

    yield Strike(at, fill)
    yield Strike(at + rng.uniform(2, 6), lambda: ballast.unlink(missing_ok=True))


def clock_jumps(scenario: "Scenario", rng: Random) -> Iterator[Strike]:
    member = scenario.crew.members[_someone(scenario, rng)]
    member.clock = f"{_time(rng)}:{rng.choice([-400 * 86_400, -3_600, 3_600, 400 * 86_400])}"
    yield from ()


def others_come_and_go(scenario: "Scenario", rng: Random) -> Iterator[Strike]:
    """One more worker joins and leaves every few seconds."""
    at = _time(rng, 3)
    for number in range(3):
        name = f"guest-{number}"
        yield Strike(at, lambda name=name: scenario.add_worker(name))
        at += rng.uniform(2, 4)
        yield Strike(at, lambda name=name: scenario.crew.dismiss(name))


def _clickhouse(way: Way, longest_s: float) -> Draw:
    def draw(scenario: "Scenario", rng: Random) -> Iterator[Strike]:
        at = _time(rng, SPAN_S / 2)
        proxy = scenario.world.clickhouse.proxy
        yield Strike(at, lambda: proxy.set(way))
        yield Strike(at + rng.uniform(2, longest_s), lambda: proxy.set(Way.OPEN))

    return draw


def clickhouse_is_cut_off(scenario: "Scenario", rng: Random) -> Iterator[Strike]:
    for _ in range(4):
        yield Strike(_time(rng), scenario.world.clickhouse.proxy.cut)


def clickhouse_is_killed(scenario: "Scenario", rng: Random) -> Iterator[Strike]:
    at = _time(rng)
    yield Strike(at, scenario.world.clickhouse.kill)
    yield Strike(at + rng.uniform(0.5, 4), scenario.world.clickhouse.start)


def kafka_is_killed(scenario: "Scenario", rng: Random) -> Iterator[Strike]:
    at = _time(rng, SPAN_S / 2)
    yield Strike(at, scenario.world.kafka.kill)
    yield Strike(at + rng.uniform(0.5, 5), scenario.world.kafka.start)


def _named(*draws: Draw) -> dict[str, Draw]:
    return {draw.__name__.replace("_", " "): draw for draw in draws}


KINDS: dict[str, Draw] = {
    **{
        f"a worker {name}": draw
        for name, draw in _named(
            dies_at_a_point,
            hangs_at_a_point,
            is_killed,
            is_paused,
            loses_its_disk,
            tears_a_file,
            has_a_full_disk,
        ).items()
    },
    "a worker's clock jumps": clock_jumps,
    "workers come and go": others_come_and_go,
    "ClickHouse refuses connections": _clickhouse(Way.REFUSED, 8),
    "ClickHouse is silent": _clickhouse(Way.SILENT, 8),
    "ClickHouse is slow": _clickhouse(Way.SLOW, 8),
    "ClickHouse's answers are lost": _clickhouse(Way.DEAF, 8),
    "connections to ClickHouse are cut": clickhouse_is_cut_off,
    "ClickHouse is killed": clickhouse_is_killed,
    "Kafka is killed": kafka_is_killed,
}

#: All kinds, two in a scenario.
TWO_BY_TWO = list(zip(list(KINDS)[::2], list(KINDS)[1::2], strict=True))


def impossible_here() -> dict[str, str]:
    """Faults that this machine does not allow → why."""
    if os.geteuid() != 0:
        return {"a worker has a full disk": "only root can mount a small disk"}
    return {}
