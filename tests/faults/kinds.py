"""The faults: each draws from the seed when it strikes and whom."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from faults import former
from faults.points import POINTS
from faults.proxy import Way

if TYPE_CHECKING:
    from faults.crew import Member
    from faults.scenario import Scenario

#: While faults strike, s.
SPAN_S = 12.0
DISK, LARGER_DISK = "64m", "512m"
BALLAST = "ballast"
#: A kind that changes the traffic, and one that needs the settings of former days.
HOT, FORMER = "a user is hot", "workers were of a former version"
#: What a former version has held and not written is in its changelog alone.
LOST = "states and their changelog are lost"


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


def _full_disk(scenario: "Scenario", member: "Member") -> Callable[[], None]:
    """Give a worker a small disk; what fills it."""
    folder = member.data_dir
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", folder], check=True)
    scenario.cleanups.append(lambda: subprocess.run(["umount", "-l", folder], check=True))

    def fill() -> None:
        with (folder / BALLAST).open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 16))
            except OSError:
                pass

    return fill


def has_a_full_disk(scenario: "Scenario", rng: Random) -> Iterator[Strike]:
    """There is no byte left for some seconds; the worker ends, and is started again and again."""
    member, at = scenario.crew.members[_someone(scenario, rng)], _time(rng, SPAN_S / 2)
    yield Strike(at, _full_disk(scenario, member))
    ballast = member.data_dir / BALLAST
    yield Strike(at + rng.uniform(2, 6), lambda: ballast.unlink(missing_ok=True))


def has_its_disk_enlarged(scenario: "Scenario", rng: Random) -> Iterator[Strike]:
    """The same, and whatever fills it stays."""
    member, at = scenario.crew.members[_someone(scenario, rng)], _time(rng, SPAN_S / 2)
    yield Strike(at, _full_disk(scenario, member))
    larger = ["mount", "-o", f"remount,size={LARGER_DISK}", str(member.data_dir)]
    yield Strike(at + rng.uniform(2, 6), lambda: subprocess.run(larger, check=True))


def restart_one_after_another(scenario: "Scenario", rng: Random) -> Iterator[Strike]:
    """With names that stay; some are killed instead, or in the middle of it."""
    at = _time(rng, SPAN_S / 3)
    for member in scenario.crew.members.values():
        member.instance_id = member.name
    for name in list(scenario.crew.members):
        if rng.random() < 0.7:
            yield Strike(at, lambda name=name: scenario.crew.restart(name))
            at += rng.uniform(0, 1)
        if rng.random() < 0.5:
            yield Strike(at, lambda name=name: scenario.crew.kill(name))
        at += rng.uniform(1, 3)


def were_of_a_former_version(scenario: "Scenario", rng: Random) -> Iterator[Strike]:
    """It died before it had committed; today's read its changelog, and one of them may have its state."""
    member = scenario.crew.members[_someone(scenario, rng)]
    former.leave(rng, scenario.settings, member.data_dir)
    yield from ()


def is_hot(scenario: "Scenario", rng: Random) -> Iterator[Strike]:
    """Crowded buckets arise, on whatever else happens."""
    yield Strike(_time(rng), lambda: scenario.crew.kill(_someone(scenario, rng)))


def expire_when_they_were_read(scenario: "Scenario", rng: Random) -> Iterator[Strike]:
    for _ in range(4):
        yield Strike(_time(rng), lambda: scenario.while_kafka_runs(scenario.expiry.of_read, rng))


def expire_unread(scenario: "Scenario", rng: Random) -> Iterator[Strike]:
    """No worker runs for some seconds, and Kafka does not wait for them."""
    at = _time(rng, SPAN_S / 2)
    yield Strike(at, lambda: scenario.while_kafka_runs(scenario.let_expire_unread, rng))


def rows_are_rebuilt(scenario: "Scenario", rng: Random) -> Iterator[Strike]:
    """Of late events, or all, while workers run and whatever else happens."""
    for late in (True, False, True):
        yield Strike(_time(rng), lambda late=late: scenario.rebuilds.of_rows(late))


def states_are_lost(scenario: "Scenario", rng: Random) -> Iterator[Strike]:
    """With their changelog; they are made anew from what is in ClickHouse."""
    if FORMER not in scenario.kinds:
        yield Strike(_time(rng), lambda: scenario.rebuilds.after_a_loss(rng))


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


_WORKERS = {
    f"a worker {name}": draw
    for name, draw in _named(
        dies_at_a_point,
        hangs_at_a_point,
        is_killed,
        is_paused,
        loses_its_disk,
        tears_a_file,
        has_a_full_disk,
        has_its_disk_enlarged,
    ).items()
}
KINDS: dict[str, Draw] = {
    **_WORKERS,
    "workers come and go": others_come_and_go,
    "workers with names restart one after another": restart_one_after_another,
    FORMER: were_of_a_former_version,
    HOT: is_hot,
    "messages expire unread": expire_unread,
    "messages expire when they were read": expire_when_they_were_read,
    "rows are rebuilt": rows_are_rebuilt,
    LOST: states_are_lost,
    "a worker's clock jumps": clock_jumps,
    "ClickHouse refuses connections": _clickhouse(Way.REFUSED, 8),
    "ClickHouse is silent": _clickhouse(Way.SILENT, 8),
    "ClickHouse is slow": _clickhouse(Way.SLOW, 8),
    "ClickHouse's answers are lost": _clickhouse(Way.DEAF, 8),
    "connections to ClickHouse are cut": clickhouse_is_cut_off,
    "ClickHouse is killed": clickhouse_is_killed,
    "Kafka is killed": kafka_is_killed,
}

#: All kinds, three or four in a scenario.
SCENARIOS = len(KINDS) // 3
THREE_BY_THREE = [tuple(list(KINDS)[number::SCENARIOS]) for number in range(SCENARIOS)]


def impossible_here() -> dict[str, str]:
    """Faults that this machine does not allow → why."""
    if os.geteuid() != 0:
        disks = "a worker has a full disk", "a worker has its disk enlarged"
        return dict.fromkeys(disks, "only root can mount a small disk")
    return {}
