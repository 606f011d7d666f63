"""python -m bench.latency: how fresh rows are, at several rates, with settings for fresh rows and for few costs."""

import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click
from local_kafka import what_is_missing
from rich.console import Console
from rich.progress import Progress
from rich.table import Column, Table

from bench.kept import described, keep
from bench.latency.found import Measured, Percentiles, growth, targets
from bench.latency.measure import measure
from bench.latency.profiles import PROFILES
from bench.targets import kept, show
from bench.worker import WrongResult

console = Console(width=140)


def _rates(context: click.Context, option: click.Parameter, given: Sequence[str]) -> list[int]:
    """5000,20000 or several options, in ascending order."""
    try:
        rates = sorted({int(part) for text in given for part in text.split(",")})
    except ValueError as error:
        raise click.BadParameter(f"{error}; give numbers, as in 5000,20000.") from error
    if min(rates) < 1_000:
        raise click.BadParameter("there must be at least 1000 events per second.")
    return rates


@click.command()
@click.option(
    "--rate",
    "rates",
    multiple=True,
    default=["5000,20000,50000"],
    show_default=True,
    callback=_rates,
    help="Events per second; several by commas, or repeated.",
)
@click.option(
    "--profile",
    "profiles",
    multiple=True,
    default=list(PROFILES),
    show_default=True,
    type=click.Choice(list(PROFILES)),
    help="Settings of the worker; may be repeated.",
)
@click.option(
    "--seconds",
    default=60,
    show_default=True,
    type=click.IntRange(min=5),
    help="How long each load is measured.",
)
@click.option(
    "--warm-up",
    default=30,
    show_default=True,
    type=click.IntRange(min=0),
    help="Seconds of load before that, which are not counted.",
)
@click.option(
    "--partitions",
    default=8,
    show_default=True,
    type=click.IntRange(min=1),
    help="Partitions of each topic.",
)
@click.option(
    "--limit-s",
    default=180,
    show_default=True,
    help="How long rows may take when the load has ended.",
)
def main(
    rates: Sequence[int],
    profiles: Sequence[str],
    seconds: int,
    warm_up: int,
    partitions: int,
    limit_s: int,
) -> None:
    """Measure from publishing an event until its row can be queried; print it, and keep it in bench/results."""
    if missing := what_is_missing():
        raise SystemExit(f"The benchmark needs a broker, and Apache Kafka needs {missing}.")
    found: list[Measured] = []
    for profile in profiles:
        for rate in rates:
            course = (profile, rate, seconds, warm_up, partitions, limit_s)
            found.append(_measured(f"{profile}, {rate:,} events/s", course))
            # Each time: the next rate may be more than the machine can do.
            file = _keep(found, seconds, warm_up, partitions)
    _show(found)
    console.print(f"kept in {file.relative_to(Path.cwd())}")


def _measured(title: str, course: tuple[str, int, float, float, int, float]) -> Measured:
    with (
        tempfile.TemporaryDirectory(prefix="latency-") as folder,
        Progress(console=console) as progress,
    ):
        task = progress.add_task("")

        def tell(doing: str, done: float, of: float) -> None:
            progress.update(task, description=f"{title}: {doing}", completed=done, total=of)

        try:
            return measure(*course, Path(folder), tell)
        except WrongResult as wrong:
            raise SystemExit(f"{title}: {wrong}") from wrong


def _show(found: Sequence[Measured]) -> None:
    measured = (
        *("events/s", "p50 s", "p99 s", "max s", "conversions p99 s", "worker"),
        *("CPU µs/event", "peak MB", "published p99 ms", "resolution ms"),
    )
    table = Table("settings", *(Column(of, justify="right") for of in measured), box=None)
    for one in found:
        rows = one.all
        table.add_row(
            one.profile,
            f"{one.rate:,}",
            f"{rows.p50_s:.2f}",
            f"{rows.p99_s:.2f}",
            f"{rows.max_s:.2f}",
            f"{Percentiles.of(one.conversions).p99_s:.2f}",
            "falls behind" if one.falls_behind else "keeps up",
            f"{one.cpu_us:.1f}",
            f"{one.memory_bytes / 1e6:,.0f}",
            f"{one.acknowledged.p99_s * 1000:,.0f}" + ("" if one.held else ": rate not held"),
            f"{one.resolution_s * 1000:,.0f}",
        )
    console.print(table)
    show(console, list(targets(found)))


def _keep(found: Sequence[Measured], seconds: int, warm_up: int, partitions: int) -> Path:
    return keep(
        "latency",
        {
            "seconds": seconds,
            "warm_up_s": warm_up,
            "partitions": partitions,
            **described(),
            "profiles": PROFILES,
            "measured": [
                {
                    "profile": one.profile,
                    "rate": one.rate,
                    "events": one.events,
                    "touches": _rounded(asdict(Percentiles.of(one.touches))),
                    "conversions": _rounded(asdict(Percentiles.of(one.conversions))),
                    "all": _rounded(asdict(one.all)),
                    "latency_grew_s": round(growth([*one.touches, *one.conversions])[0], 3),
                    "falls_behind": one.falls_behind,
                    "sent_late": _rounded(asdict(one.late)),
                    "published_late": _rounded(asdict(one.acknowledged)),
                    "rate_held": one.held,
                    "resolution_s": round(one.resolution_s, 3),
                    "cpu_us_per_event": round(one.cpu_us, 2),
                    "memory_mb": round(one.memory_bytes / 1e6),
                }
                for one in found
            ],
            "targets": kept(list(targets(found))),
        },
    )


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in values.items()}


if __name__ == "__main__":
    main()
