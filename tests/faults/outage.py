"""python -m faults.outage: ClickHouse is away for minutes under load, and the worker's memory is watched."""

import sys
import time
from pathlib import Path
from tempfile import mkdtemp
from uuid import uuid4

import click
from group_of_workers import lag_of, toml
from kafka import KafkaConsumer
from rich.console import Console

from faults.crew import Crew, Member
from faults.scenario import PARTITIONS, Publishing, what_is_wrong
from faults.traffic import published
from faults.world import World
from sources.generator import Traffic
from streams.settings import Settings
from verify.check import Scope, check

#: What the program takes beside `memory_bytes`, as docs/settings.md says.
PROGRAM_BYTES = 300_000_000
#: It works so long before ClickHouse goes, s.
BEFORE_S = 15
TELL_EVERY_S = 10
MIB = 1 << 20

console = Console(width=140, highlight=False)


@click.command()
@click.option(
    "--minutes",
    default=10.0,
    type=click.FloatRange(min=0, min_open=True),
    show_default=True,
    help="How long ClickHouse is away.",
)
@click.option(
    "--rate",
    default=3_000,
    type=click.IntRange(min=1),
    show_default=True,
    help="Messages a second meanwhile.",
)
@click.option("--memory-mib", default=256, show_default=True, help="The worker's memory_bytes.")
def main(minutes: float, rate: int, memory_mib: int) -> None:
    """Exit 1 unless the memory stays under its bound, all lag is caught up, and the tables are right."""
    folder = Path(mkdtemp(prefix="outage-"))
    with World(folder) as world:
        settings = Settings(
            broker=f"kafka://{world.kafka.address}",
            group=f"outage-{uuid4().hex[:6]}",
            partitions=PARTITIONS,
            clickhouse_port=world.clickhouse.proxy.port,
            clickhouse_password=world.clickhouse.password,
            clickhouse_database=f"outage_{uuid4().hex[:6]}",
            memory_bytes=memory_mib * MIB,
        )
        database = world.prepare(settings)
        config = folder / "zhongcao.toml"
        config.write_text(toml(settings))
        crew = Crew(config, folder)
        crew.add(Member("worker", folder / "worker"))
        try:
            watch = _Watch(crew, settings)
            _outage(world, watch, minutes * 60, rate)
            started = time.monotonic()
            report = check(settings, database, Scope())
            seconds = time.monotonic() - started
        finally:
            crew.destroy()
    wrong = what_is_wrong(report)
    bound = settings.memory_bytes + PROGRAM_BYTES
    messages = sum(report.records.values())
    console.print(f"tables: {wrong or 'equal'}; {messages:,} messages checked in {seconds:.0f} s")
    console.print(
        f"memory: {watch.highest / MIB:.0f} MiB at most, may be {bound / MIB:.0f} MiB "
        f"(memory_bytes {memory_mib} MiB and the program)"
    )
    if ended := sum(crew.deaths.values()):
        console.print(f"the worker ended {ended} times: {crew.log('worker')[-2000:]}")
    sys.exit(bool(wrong or ended or watch.highest > bound))


class _Watch:
    """Tells of lag and memory. highest: what the worker ever had resident, bytes."""

    def __init__(self, crew: Crew, settings: Settings) -> None:
        self.settings = settings
        self.highest = 0
        self._crew = crew
        self._start = time.monotonic()
        self._told = 0.0

    def look(self, what: str, sent: int, lag: int) -> None:
        self._crew.supervise()
        process = self._crew.members["worker"].process
        assert process is not None
        status = Path(f"/proc/{process.pid}/status").read_text()
        now, self.highest = (_bytes_of(field, status) for field in ("VmRSS", "VmHWM"))
        if time.monotonic() - self._told > TELL_EVERY_S:
            self._told = time.monotonic()
            console.print(
                f"{self._told - self._start:5.0f} s  {what}: {sent:,} sent, lag {lag:,}, "
                f"memory {now / MIB:.0f} MiB"
            )


def _bytes_of(field: str, status: str) -> int:
    """A field of /proc/PID/status, which is in KiB there."""
    [line] = [line for line in status.splitlines() if line.startswith(f"{field}:")]
    return int(line.split()[1]) << 10


def _outage(world: World, watch: _Watch, away_s: float, rate: int) -> None:
    events = round((BEFORE_S + away_s) * rate)
    shape = Traffic(events=events, users=max(events // 15, 1_000), notes=max(events // 250, 100))
    publishing = Publishing(watch.settings, published(shape), rate)
    with KafkaConsumer(
        bootstrap_servers=watch.settings.broker_hosts, group_id=watch.settings.group
    ) as consumer:

        def look(what: str) -> int:
            lag = lag_of(consumer, watch.settings)
            watch.look(what, publishing.sent, lag)
            time.sleep(0.2)
            return lag

        publishing.start()
        while publishing.sent < BEFORE_S * rate:
            look("before")
        world.clickhouse.kill()
        while publishing.is_alive():
            look("ClickHouse is away")
        publishing.check()
        behind = look("ClickHouse is away")
        world.clickhouse.start()
        back = time.monotonic()
        while look("ClickHouse is back"):
            pass
        seconds = time.monotonic() - back
    console.print(f"caught up {behind:,} in {seconds:.0f} s, {behind / seconds:,.0f} a second")


if __name__ == "__main__":
    main()
