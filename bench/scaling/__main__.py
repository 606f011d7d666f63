"""python -m bench.scaling: what an event costs with more partitions, and with more workers of a group."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from local_kafka import what_is_missing
from rich.console import Console
from rich.progress import Progress
from rich.table import Column, Table

from bench.kept import costs, described, keep
from bench.scaling.scale import Scaled, scale

console = Console(width=140)


def _counts(context: click.Context, option: click.Parameter, given: Sequence[str]) -> list[int]:
    """1,2 or several options, in ascending order."""
    try:
        counts = sorted({int(part) for text in given for part in text.split(",")})
    except ValueError as error:
        raise click.BadParameter(f"{error}; give whole numbers, as in 1,2.") from error
    if min(counts) < 1:
        raise click.BadParameter("there must be at least one.")
    return counts


@click.command()
@click.option(
    "--events",
    default=1_000_000,
    type=click.IntRange(min=1),
    show_default=True,
    help="Events in the topics.",
)
@click.option(
    "--partitions",
    multiple=True,
    default=["4,8,32"],
    show_default=True,
    callback=_counts,
    help="Partitions of each topic; several by commas, or repeated.",
)
@click.option(
    "--workers",
    multiple=True,
    default=["1,2"],
    show_default=True,
    callback=_counts,
    help="Workers of the group; several by commas, or repeated.",
)
def main(events: int, partitions: Sequence[int], workers: Sequence[int]) -> None:
    """Measure what an event costs as partitions and workers grow; print it, and keep it in bench/results."""
    if missing := what_is_missing():
        raise SystemExit(f"The benchmark needs a broker, and Apache Kafka needs {missing}.")
    found = [one for count in partitions for one in _measured(events, count, workers)]
    _show(found)
    file = keep(
        "scaling", {"events": events, **described(), "drains": [_kept(one) for one in found]}
    )
    console.print(f"kept in {file.relative_to(Path.cwd())}")


def _measured(events: int, partitions: int, workers: Sequence[int]) -> list[Scaled]:
    with (
        tempfile.TemporaryDirectory(prefix="scaling-") as folder,
        Progress(console=console) as progress,
    ):
        task = progress.add_task(f"{partitions} partitions: publishing", total=events)

        def tell(count: int) -> None:
            progress.update(task, completed=count)

        return list(scale(events, partitions, workers, Path(folder), tell))


def _show(found: Sequence[Scaled]) -> None:
    measured = ("workers", "CPU µs/event", "against first", "events/CPU-s", "events/s", "peak MB")
    table = Table("partitions", *(Column(of, justify="right") for of in measured), box=None)
    first = found[0]
    for one in found:
        table.add_row(
            f"{one.partitions}",
            f"{one.workers}",
            f"{one.cpu_us:.1f}",
            f"{one.cpu_us / first.cpu_us:.2f} ×",
            f"{1e6 / one.cpu_us:,.0f}",
            f"{one.per_s:,.0f}",
            f"{one.drain.memory_bytes / 1e6:,.0f}",
        )
    console.print(table)


def _kept(one: Scaled) -> dict[str, Any]:
    return {
        "partitions": one.partitions,
        "workers": one.workers,
        "cpu_us_per_event": round(one.cpu_us, 2),
        "start": costs(one.start),
        "drain": costs(one.drain),
    }


if __name__ == "__main__":
    main()
