"""python -m bench.drain: every contestant drains the same topics, one after another, several rounds."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import click
from local_kafka import LocalKafka, what_is_missing
from rich.console import Console
from rich.progress import Progress
from rich.table import Column, Table

from bench.drain.contestants import CONTESTANTS, Contestant, Drained
from bench.drain.plot import draw
from bench.drain.targets import targets
from bench.drain.traffic import Published, Row, newest, publish, share
from bench.environments import CannotRun
from bench.kept import costs, described, keep
from bench.targets import Target, kept, show

console = Console(width=140)


@dataclass(slots=True)
class Standing:
    """What a contestant has shown so far.

    drained: its runs that came to their end. cut_short: those that did not. rows: how many, the last time.
    right: the least share of its rows in any round. why_not: it cannot run here, because of that.
    """

    contestant: Contestant
    drained: list[Drained] = field(default_factory=list)
    cut_short: list[Drained] = field(default_factory=list)
    right: float | None = None
    rows: int | None = None
    why_not: str = ""

    def add(self, found: Drained, expected: frozenset[Row]) -> None:
        """One more run. expected: the join, whole."""
        if found.cut_short:
            self.cut_short.append(found)
            return
        self.drained.append(found)
        if found.rows is not None:
            most = self.contestant.newest
            right = share(found.rows, newest(expected, most) if most else expected)
            self.rows = len(found.rows)
            self.right = right if self.right is None else min(self.right, right)

    @property
    def per_cpu_s(self) -> float:
        """Events per second of processor time, the median of the rounds."""
        return median(found.events / found.cost.cpu_s for found in self.drained)

    @property
    def per_wall_s(self) -> float:
        """Events per second, the median of the rounds."""
        return median(found.events / found.cost.wall_s for found in self.drained)

    @property
    def memory_bytes(self) -> int:
        """The most that was resident in any round."""
        return max(found.cost.memory_bytes for found in self.drained)


@click.command()
@click.option(
    "--events",
    default=5_000_000,
    type=click.IntRange(min=1),
    show_default=True,
    help="Events in the topics.",
)
@click.option(
    "--rounds",
    default=3,
    show_default=True,
    type=click.IntRange(min=1),
    help="How often everybody drains them.",
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice([one.name for one in CONTESTANTS]),
    help="Only contestants of this name; may be repeated.",
)
@click.option(
    "--limit-s",
    default=1800,
    show_default=True,
    help="A run is cut short after that, and not counted.",
)
def main(events: int, rounds: int, only: Sequence[str], limit_s: int) -> None:
    """Compare what a second of processor time drains; print it, and keep it in bench/results."""
    if missing := what_is_missing():
        raise SystemExit(f"The benchmark needs a broker, and Apache Kafka needs {missing}.")
    standings = [Standing(one) for one in CONTESTANTS if not only or one.name in only]
    with LocalKafka() as kafka:
        published = _published(kafka.address, events)
        for number in range(1, rounds + 1):
            for standing in standings:
                console.print(f"round {number}: {standing.contestant.title}", highlight=False)
                _run(standing, kafka.address, published, limit_s)
            # Each time: a round takes long.
            file = _keep(standings, events, number)
    _show(standings)
    console.print(f"kept in {file.relative_to(Path.cwd())}; the picture is beside it")


def _published(address: str, events: int) -> Published:
    with Progress(console=console) as progress:
        task = progress.add_task("publishing", total=events)
        return publish(address, events, lambda count: progress.update(task, completed=count))


def _run(standing: Standing, address: str, published: Published, limit_s: int) -> None:
    if standing.why_not:
        return
    with tempfile.TemporaryDirectory(prefix="drain-") as folder:
        try:
            drained = standing.contestant.drain(address, published, Path(folder), limit_s)
        except CannotRun as reason:
            standing.why_not = str(reason)
            return
    standing.add(drained, published.rows)


def _show(standings: Sequence[Standing]) -> None:
    measured = ("events", "events/CPU-s", "zhongcao is", "events/s", "memory", "rows", "right")
    table = Table("contestant", *(Column(of, justify="right") for of in measured), box=None)
    of_zhongcao = (one for one in standings if one.contestant.name == "zhongcao" and one.drained)
    ours = next((one.per_cpu_s for one in of_zhongcao), None)
    for one in standings:
        if not one.drained:
            table.add_row(one.contestant.title, _nothing(one))
            continue
        cut_short = f" ({len(one.cut_short)} not done in time)" if one.cut_short else ""
        table.add_row(
            one.contestant.title + cut_short,
            f"{one.drained[-1].events:,}",
            f"{one.per_cpu_s:,.0f}",
            f"{ours / one.per_cpu_s:.2f} ×" if ours else "",
            f"{one.per_wall_s:,.0f}",
            f"{one.memory_bytes / 1e6:,.0f} MB",
            "" if one.rows is None else f"{one.rows:,}",
            "" if one.right is None else f"{one.right:.2%}",
        )
    console.print(table)
    show(console, _targets(standings))


def _nothing(standing: Standing) -> str:
    """Why there are no figures of it."""
    if standing.why_not:
        return f"cannot run here: {standing.why_not}"
    return f"not done after {standing.cut_short[-1].cost.wall_s:,.0f} s"


def _targets(standings: Sequence[Standing]) -> list[Target]:
    ran = {one.contestant.name: one for one in standings if one.drained}
    titles = {name: one.contestant.title for name, one in ran.items()}
    right = ran["zhongcao"].right if "zhongcao" in ran else None
    return list(targets({name: one.per_cpu_s for name, one in ran.items()}, titles, right))


def _keep(standings: Sequence[Standing], events: int, rounds: int) -> Path:
    found: dict[str, Any] = {
        "events": events,
        "rounds": rounds,
        **described(),
        "contestants": {
            one.contestant.name: {
                "title": one.contestant.title,
                "why_not": one.why_not,
                "rows": one.rows,
                "right": one.right,
                "rounds": [
                    {
                        "events": drained.events,
                        **costs(drained.cost),
                        "cut_short": drained.cut_short,
                    }
                    for drained in (*one.drained, *one.cut_short)
                ],
            }
            for one in standings
        },
        "targets": kept(_targets(standings)),
    }
    file = keep("drain", found)
    if drawn := {one.contestant.title: one.per_cpu_s for one in standings if one.drained}:
        draw(drawn, file.with_suffix(".svg"))
    return file


if __name__ == "__main__":
    main()
