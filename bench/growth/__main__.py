"""python -m bench.growth: a worker with ever larger states recovers them, and drains the same number of events."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import click
from local_kafka import what_is_missing
from rich.console import Console
from rich.progress import Progress
from rich.table import Column, Table

from bench.growth.crowd import CYCLE, Crowd
from bench.growth.found import Grown, targets
from bench.growth.grow import grow
from bench.kept import costs, described, keep
from bench.targets import kept, show

MILLION = 1_000_000

console = Console(width=140)


def _sizes(context: click.Context, option: click.Parameter, given: Sequence[str]) -> list[float]:
    """1,10 or several options, in ascending order."""
    try:
        sizes = sorted({float(part) for text in given for part in text.split(",")})
    except ValueError as error:
        raise click.BadParameter(f"{error}; give numbers, as in 1,10.") from error
    if min(sizes) * MILLION < 1_000:
        raise click.BadParameter("there must be at least 0.001 million touches.")
    return sizes


@click.command()
@click.option(
    "--millions",
    multiple=True,
    default=["1,10,50"],
    show_default=True,
    callback=_sizes,
    help="Touches in the states; several by commas, or repeated.",
)
@click.option(
    "--events",
    default=1_000_000,
    show_default=True,
    type=click.IntRange(min=CYCLE),
    help="Events to drain, per size.",
)
@click.option(
    "--partitions",
    default=8,
    show_default=True,
    type=click.IntRange(min=1),
    help="Partitions of each topic.",
)
@click.option("--limit-s", default=3600, show_default=True, help="How long a worker may take.")
def main(millions: Sequence[float], events: int, partitions: int, limit_s: int) -> None:
    """Measure what an event costs as states grow; print it, and keep it in bench/results."""
    if missing := what_is_missing():
        raise SystemExit(f"The benchmark needs a broker, and Apache Kafka needs {missing}.")
    found: list[Grown] = []
    for size in millions:
        found.append(_measured(Crowd(round(size * MILLION), events, partitions), limit_s))
        # Each time: the next size may take long, or more disk than there is.
        file = _keep(found, partitions)
    _show(found)
    console.print(f"kept in {file.relative_to(Path.cwd())}")


def _measured(crowd: Crowd, limit_s: int) -> Grown:
    with (
        tempfile.TemporaryDirectory(prefix="growth-") as folder,
        Progress(console=console) as progress,
    ):
        task = progress.add_task("")

        def tell(doing: str, done: int, of: int) -> None:
            text = f"{crowd.touches / MILLION:g} million touches: {doing}"
            progress.update(task, description=text, completed=done, total=of)

        return grow(crowd, Path(folder), limit_s, tell)


def _show(found: Sequence[Grown]) -> None:
    measured = (
        *("CPU µs/event", "against smallest", "events/CPU-s", "peak MB", "MB/million"),
        *("disk GB", "recovered/CPU-s", "recovered/s"),
    )
    table = Table("touches in state", *(Column(of, justify="right") for of in measured), box=None)
    smallest = found[0]
    for one in found:
        more = (one.touches - smallest.touches) / MILLION
        grew_mb = (one.memory_bytes - smallest.memory_bytes) / 1e6
        table.add_row(
            f"{one.touches:,}",
            f"{one.cpu_us:.1f}",
            f"{one.cpu_us / smallest.cpu_us:.2f} ×",
            f"{1e6 / one.cpu_us:,.0f}",
            f"{one.memory_bytes / 1e6:,.0f}",
            f"{grew_mb / more:,.1f}" if more else "",
            f"{one.disk_bytes / 1e9:.2f}",
            f"{one.recovered_per_cpu_s:,.0f}",
            f"{one.recovered_per_s:,.0f}",
        )
    console.print(table)
    show(console, list(targets(found)))


def _keep(found: Sequence[Grown], partitions: int) -> Path:
    return keep(
        "growth",
        {
            "partitions": partitions,
            **described(),
            "sizes": [
                {
                    "touches": one.touches,
                    "events": one.events,
                    "cpu_us_per_event": round(one.cpu_us, 2),
                    "path_touches": one.paths,
                    "disk_mb": round(one.disk_bytes / 1e6),
                    "recovery": costs(one.recovery),
                    "settling": costs(one.settling),
                    "start": costs(one.start),
                    "drain": costs(one.drain),
                }
                for one in found
            ],
            "targets": kept(list(targets(found))),
        },
    )


if __name__ == "__main__":
    main()
