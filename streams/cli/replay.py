"""zhongcao replay."""

import logging
import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from rebuild import Scope
from schemas.errors import BrokerError, SourceError
from schemas.topics import SourceEvent
from sinks.embedded import has_been_served
from sources.ordering import sorted_by_time
from sources.readers import FORMATS, STDIN, Reading, RejectsFile, read
from streams.cli import folders, options
from streams.cli.console import err, program_name, progress_bar, styled
from streams.cli.rebuild import rebuild_in
from streams.clickhouse import clickhouse_of, embedded_clickhouse
from streams.embedded import PARTITIONS, Drained, Progress, drain
from streams.forecast import STEP, Forecast, complete_until
from streams.kafka.publish import publish
from streams.settings import Settings
from streams.timeunits import day_text, time_text

logger = logging.getLogger(__name__)

#: Why events were refused is told of so many; the table has all.
MOST_REASONS = 5


@click.command(
    epilog="""\b
    Examples:
      zhongcao replay events.jsonl --format jsonl --embedded data/mine
      zhongcao replay events.jsonl --format jsonl --check
      zhongcao generate | zhongcao replay - --format jsonl
      zhongcao replay UserBehavior.csv.gz --format taobao-userbehavior \\
        --sort time --embedded data/tb
    """
)
@click.argument("file", type=options.FOLDER)
@click.option(
    "--format", "file_format", required=True, type=click.Choice(FORMATS), help="What FILE holds."
)
@click.option(
    "--sort",
    type=click.Choice(["time", "none"]),
    default="none",
    show_default=True,
    help="Publish in order of event time (in memory), or as the file has it.",
)
@click.option(
    "--rejects",
    "rejects_path",
    type=options.FOLDER,
    metavar="PATH",
    help="Where lines go that are no events [default: DIR/NAME.rejects.jsonl].",
)
@click.option(
    "--check",
    "only_check",
    is_flag=True,
    help="Say what would become of the events, and why; publish nothing, and write only to --rejects PATH if given.",
)
@click.option(
    "--rebuild/--no-rebuild",
    default=True,
    help="With --embedded, join what came too late at the end, or leave it and say what does it.",
)
@options.embedded
@options.joins
def replay(
    file: Path,
    file_format: str,
    sort: str,
    rejects_path: Path | None,
    only_check: bool,
    rebuild: bool,
    embedded: Path | None,
    config: Path | None,
    lookback_days: int | None,
    allowed_lateness_days: int | None,
) -> None:
    """Publish the events of FILE, plain or gzip, to Kafka; with --embedded process them here. FILE - is stdin.

    Lines that are no events are skipped into the rejects file, with their number and the reason.
    The same file may be replayed again: what is known changes nothing. A replay into Kafka that is interrupted tells
    how many events are there. One into DIR is done over by the same command, with the same events from the beginning;
    others have to wait for it.
    """
    settings = options.settings_of(
        config, lookback_days=lookback_days, allowed_lateness_days=allowed_lateness_days
    )
    if rejects_path is None and not only_check:
        rejects_path = (embedded or Path()) / f"{_name(file)}.rejects.jsonl"
    late, lines = 0, RejectsFile(rejects_path)
    with lines as rejects, read(file, file_format, rejects) as events, _bar(file, events) as bar:
        # A folder that is there may have a run that is not done, which has to be told first.
        empty = events.empty
        if empty and (only_check or embedded is None or not embedded.exists()):
            raise _empty(file)
        ordered = _ordered(events, sort, embedded if not only_check else None)
        if only_check:
            used, told = _checked(settings, ordered, bar, embedded)
        elif embedded is None:
            used, told = _published(settings, ordered, bar)
        else:
            # What comes through a pipe may come only once.
            live = events.total_bytes is None
            source = "a pipe" if live else _source(file, sort)
            drained = drain(settings, embedded, ordered, bar, source=source, live=live)
            used, told = drained.used + drained.left_out, _told(drained)
            late = drained.late
    if empty:
        raise _empty(file)
    if embedded is not None and not only_check:
        told = f"{told}{_join_late(settings, embedded, late, rebuild)}{_how_to_query(embedded)}"
    _report(told, events, rejects)
    if not used:
        raise SourceError(
            f"Nothing in {_name(file)} could be used: check --format, and what is told above."
        )


def _empty(file: Path) -> SourceError:
    return SourceError(f"Nothing could be used: {_name(file)} is empty.")


def _ordered(events: Reading, sort: str, folder: Path | None) -> Iterable[SourceEvent]:
    """The events in the order that was asked for. folder: made first, as rejects go there."""
    if folder is not None:
        folders.make(folder)
        folders.keep_from_demos(folder)
    return sorted_by_time(events) if sort == "time" else events


def _checked(
    settings: Settings, events: Iterable[SourceEvent], progress: Progress, folder: Path | None
) -> tuple[int, str]:
    """How many events would be used, and what would become of all. folder: else they would go to Kafka."""
    forecast = _forecast(settings) if folder is None else _forecast_in(settings, folder)
    for number, _ in enumerate(forecast.watch(events), 1):
        if number % STEP == 0:
            progress(number)
    told = _foretold(forecast) if folder is None else f"{_sums_of(forecast, 'at most ')}."
    return forecast.used, f"Nothing was published: this would be {told}"


def _published(
    settings: Settings, events: Iterable[SourceEvent], progress: Progress
) -> tuple[int, str]:
    """How many events are used, and what became of all."""
    forecast = _forecast(settings)
    try:
        count = publish(settings, forecast.watch(events), progress)
    except BrokerError as error:
        if forecast.used or forecast.refused:
            raise
        raise BrokerError(f"{error} To go without Kafka, add --embedded DIR.") from error
    return forecast.used, (
        f"{count:,} events published to {settings.broker}: {_foretold(forecast)}"
    )


def _forecast(settings: Settings) -> Forecast:
    """By what workers have told ClickHouse, if it can be asked."""
    clickhouse = clickhouse_of(settings)
    until = complete_until(clickhouse)
    if until is None:
        err.print(
            f"ClickHouse at {clickhouse.address} cannot tell what is complete: late is here what is behind the events "
            "before it.",
            highlight=False,
            soft_wrap=True,
        )
    return Forecast(settings, until, told=_first_late)


def _forecast_in(settings: Settings, folder: Path) -> Forecast:
    """By how far the partitions of a folder have come. What they know already is not late, so fewer may be."""
    settings, until = replace(settings, partitions=PARTITIONS), None
    if folder.exists():
        folders.check_usable(folder)
    if has_been_served(folder):
        with embedded_clickhouse(folder, settings.clickhouse_database, as_it_is=True) as clickhouse:
            until = complete_until(clickhouse)
    return Forecast(settings, until, dated=True)


def _first_late(event: SourceEvent) -> None:
    logger.warning(
        "an event of %s, %s, is late, and others may be: all are facts, but what workers do not hold any more is not "
        "joined",
        event.topic,
        time_text(event.record["occurred_at"]),
    )


def _foretold(forecast: Forecast) -> str:
    told = f"{_sums_of(forecast)}."
    if forecast.days:
        since, until = day_text(min(forecast.days)), day_text(max(forecast.days))
        brand = f"--brand {shlex.quote(*forecast.brands)} " if len(forecast.brands) == 1 else ""
        told += (
            " What is late is joined by this, once workers have read it:\n"
            f"  {program_name()} rebuild {brand}--since {since} --until {until}"
        )
    return told


@contextmanager
def _bar(file: Path, events: Reading) -> Iterator[Progress]:
    """The bar shows how far the file was read, the note how many events are safe."""
    with progress_bar(f"replaying {_name(file)}", events.total_bytes) as bar:
        yield lambda count: bar.show(events.bytes_read, f"{count:,} events")


def _source(file: Path, sort: str) -> str:
    """What is read, in which order, for people."""
    path = (Path("/dev/stdin") if file == STDIN else file).resolve()
    return f"{path} sorted by time" if sort == "time" else str(path)


def _name(file: Path) -> str:
    return "stdin" if file == STDIN else file.name


def _join_late(settings: Settings, folder: Path, late: int, at_once: bool) -> str:
    """Join what came too late for the state; what became of it, if there is any, and what parts it from the rest."""
    if not late:
        return " "
    if not at_once:
        command = f"{program_name()} rebuild --late --embedded {shlex.quote(str(folder))}"
        return f" What is late may not be joined yet. This joins it:\n  {command}\n"
    rebuild_in(settings, folder, Scope(late=True))
    return " What is late is joined, too. "


def _how_to_query(folder: Path) -> str:
    query = f'sql --embedded {shlex.quote(str(folder))} "SELECT count() FROM current_touches"'
    return f"Query them with:\n  {program_name()} {query}"


def _told(drained: Drained) -> str:
    sums = _sums(drained.used, drained.refused, drained.late, drained.left_out)
    return f"{drained.published:,} events processed in {drained.seconds:.1f} s: {sums}."


def _sums_of(forecast: Forecast, at_most: str = "") -> str:
    return _sums(forecast.used, forecast.refused, forecast.late, at_most=at_most)


def _sums(
    used: int, refused: Mapping[str, int], late: int, left_out: int = 0, at_most: str = ""
) -> str:
    """refused: by reason and what is wrong. at_most: what stands before the number of late ones."""
    sums = [f"{used:,} used"]
    if refused:
        most = sorted(refused.items(), key=lambda item: -item[1])
        why = [f"{count:,} {text}" if len(refused) > 1 else text for text, count in most]
        rest = sum(count for _, count in most[MOST_REASONS:])
        more = [f"{rest:,} more for other reasons"] if rest else []
        sums.append(f"{sum(refused.values()):,} refused ({'; '.join(why[:MOST_REASONS] + more)})")
    if late:
        sums.append(f"{at_most}{late:,} late")
    if left_out:
        sums.append(f"{left_out:,} of forgotten users")
    return ", ".join(sums)


def _report(told: str, events: Reading, rejects: RejectsFile) -> None:
    err.print(told, highlight=False, soft_wrap=True)
    if events.header:
        err.print("The first line names the columns, and is no event.", highlight=False)
    if rejects.count:
        one = rejects.count == 1
        skipped = (
            "1 line is no event and was"
            if one
            else f"{rejects.count:,} lines are no events and were"
        )
        err.print(
            styled(f"{skipped} skipped", "yellow"),
            f": {rejects.told()}",
            sep="",
            highlight=False,
            soft_wrap=True,
        )
