"""zhongcao generate."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, TextIO

import click

from schemas.topics import SourceEvent
from sources.generator import FIRST_DAY, Traffic
from sources.generator import generate as events_of
from sources.writing import write_jsonl
from streams.cli.console import Bar, err, progress_bar
from streams.cli.options import RecentDay

#: The bar moves once per so many events.
STEP = 1000


def traffic_options(command: Any) -> Any:
    """The options that make up `Traffic`; those not given are None."""
    for option in (
        click.option(
            "--late-share", type=float, metavar="SHARE", help="Share that arrives days late."
        ),
        click.option(
            "--duplicate-share", type=float, metavar="SHARE", help="Share delivered twice."
        ),
        click.option(
            "--until",
            type=RecentDay(),
            metavar="DAY",
            help="The last day, in Shanghai: 2025-07-15, today, yesterday (default 45 days from 2025-06-01).",
        ),
        click.option("--days", type=int, metavar="N", help="Over how many days (default 45)."),
        click.option(
            "--seed",
            type=int,
            metavar="N",
            help="The same seed gives the same events, another one others, with ids of their own (default 1).",
        ),
        click.option(
            "--events", type=int, metavar="N", help="About how many events (default 300,000)."
        ),
    ):
        command = option(command)
    return command


def traffic_of(until: date | None, **options: Any) -> Traffic:
    """Traffic with the options that were given."""
    traffic = Traffic(**{name: value for name, value in options.items() if value is not None})
    if until is None:
        return traffic
    end = datetime.combine(until, time(), FIRST_DAY.tzinfo) + timedelta(days=1)
    return replace(traffic, start=end - timedelta(days=traffic.days))


@click.command(
    epilog="""\b
    Examples:
      zhongcao generate --events 100000 --output events.jsonl
      zhongcao generate --events 1000 | head -3
      zhongcao generate --until yesterday --output recent.jsonl
      zhongcao generate --seed 7 --late-share 0.01 --output late.jsonl
    """
)
@traffic_options
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write JSON lines to FILE instead of stdout.",
)
def generate(output: Path | None, **options: Any) -> None:
    """Write believable traffic as JSON lines, in the order in which it would arrive."""
    traffic = traffic_of(**options)
    with ExitStack() as stack:
        file = sys.stdout if output is None else stack.enter_context(_opened(output))
        bar = stack.enter_context(progress_bar("generating", traffic.events))
        count = write_jsonl(_counted(events_of(traffic), bar), file)
    if output is not None:
        err.print(f"{count:,} events in {output}", highlight=False)


@contextmanager
def _opened(output: Path) -> Iterator[TextIO]:
    try:
        with output.open("w", encoding="utf-8") as file:
            yield file
    except OSError as error:
        raise click.FileError(str(output), hint=f"cannot be written ({error.strerror})") from error


def _counted(events: Iterable[SourceEvent], bar: Bar) -> Iterator[SourceEvent]:
    for count, event in enumerate(events):
        if count % STEP == 0:
            bar.show(count, f"{count:,} events")
        yield event
