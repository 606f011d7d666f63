"""zhongcao replay."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from schemas.errors import SourceError
from sources.ordering import sorted_by_time
from sources.readers import FORMATS, STDIN, Reading, RejectsFile, read
from streams.cli import folders, options
from streams.cli.console import err, program_name, progress_bar, styled
from streams.embedded import Drained, Progress, drain
from streams.kafka.publish import publish

#: Why events were refused is told of so many; the table has all.
MOST_REASONS = 3


@click.command(
    epilog="""\b
    Examples:
      zhongcao replay events.jsonl --format jsonl --embedded data/mine
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
@options.embedded
@options.joins
def replay(
    file: Path,
    file_format: str,
    sort: str,
    rejects_path: Path | None,
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
    rejects_path = rejects_path or (embedded or Path()) / f"{_name(file)}.rejects.jsonl"
    with RejectsFile(rejects_path) as rejects, read(file, file_format, rejects) as events:
        if embedded is not None:
            folders.make(embedded)
            folders.keep_from_demos(embedded)
        ordered = sorted_by_time(events) if sort == "time" else events
        with _bar(file, events) as progress:
            if embedded is None:
                count = publish(settings, ordered, progress)
                used, told = count, f"{count:,} events published to {settings.broker}."
            else:
                # What comes through a pipe may come only once.
                live = events.total_bytes is None
                source = "a pipe" if live else _source(file, sort)
                drained = drain(settings, embedded, ordered, progress, source=source, live=live)
                used, told = drained.used + drained.left_out, _told(drained, embedded)
    _report(told, events, rejects)
    if not used and events.lines:
        raise SourceError(
            f"Nothing in {_name(file)} could be used: check --format, and what is told above."
        )


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


def _told(drained: Drained, folder: Path) -> str:
    query = f'sql --embedded {shlex.quote(str(folder))} "SELECT count() FROM current_touches"'
    told = f"{drained.published:,} events processed in {drained.seconds:.1f} s: {_sums(drained)}."
    if drained.late:
        told += (
            " What is late is not joined: replay with --sort time into a new folder, or with a greater "
            "--allowed-lateness-days."
        )
    return f"{told} Query them with:\n  {program_name()} {query}"


def _sums(drained: Drained) -> str:
    sums = [f"{drained.used:,} used"]
    if drained.late:
        sums[0] += f" ({drained.late:,} of them too late)"
    if drained.refused:
        why = [f"{count:,} {text}" for text, count in drained.refused.items()]
        more = [f"{len(why) - MOST_REASONS} other reasons"] if len(why) > MOST_REASONS else []
        refused = sum(drained.refused.values())
        sums.append(f"{refused:,} refused ({'; '.join(why[:MOST_REASONS] + more)})")
    if drained.left_out:
        sums.append(f"{drained.left_out:,} of forgotten users")
    return ", ".join(sums)


def _report(told: str, events: Reading, rejects: RejectsFile) -> None:
    err.print(told, highlight=False, soft_wrap=True)
    if events.header:
        err.print("The first line names the columns, and is no event.", highlight=False)
    if rejects.count:
        err.print(
            styled(f"{rejects.count:,} lines are no events and were skipped", "yellow"),
            f": see {rejects.path}",
            sep="",
            highlight=False,
            soft_wrap=True,
        )
