"""zhongcao verify."""

import sys
from datetime import datetime
from pathlib import Path

import click
from rich.table import Column, Table
from rich.text import Text

from schemas.errors import SettingsError
from streams.cli import options
from streams.cli.console import err, out, progress_bar, styled
from streams.clickhouse import clickhouse_of
from streams.visible import json_text, visible_value
from verify.check import Scope, check, sentences
from verify.compare import Comparison, Example, Kind
from verify.report import Report

#: Exit code of a check that found differences.
NOT_EQUAL = 3


@click.command(
    epilog="""\b
    Examples:
      zhongcao verify
      zhongcao verify --since 2026-11-01 --until 2026-11-07
      zhongcao verify --sample 100 --json
    """
)
@click.option("--since", type=options.DAY, help="First day of the rows to compare, Asia/Shanghai.")
@click.option("--until", type=options.DAY, help="Last day of the rows to compare.")
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    default=1,
    metavar="N",
    help="Look at one in N users (default: all).",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@options.config
def verify(
    since: datetime | None, until: datetime | None, sample: int, as_json: bool, config: Path | None
) -> None:
    """Check the tables in ClickHouse against the messages in Kafka, row for row; exit 0 only if they are equal.

    Reads what the group has committed and computes all rows again, in another way than the workers. Exit code 3:
    rows are missing, extra, different or doubled. Workers may run meanwhile.
    """
    settings = options.settings_of(config)
    if not settings.on_kafka:
        raise SettingsError(
            f"broker is {settings.broker}, which forgets its messages: only what came through Kafka can be checked."
        )
    scope = Scope(since.date() if since else None, until.date() if until else None, sample)
    with progress_bar("verifying", 1.0) as bar:
        report = check(settings, clickhouse_of(settings), scope, bar.show)
    if as_json:
        click.echo(json_text(report.plain()))
    else:
        _show(report)
    sys.exit(0 if report.equal else NOT_EQUAL)


def _show(report: Report) -> None:
    out.print(_messages(report), _tables(report), sep="\n")
    for found in report.tables.values():
        for example in found.examples:
            out.print(_example(found.table, example), highlight=False, soft_wrap=True)
    for sentence in sentences(report):
        out.print(sentence, highlight=False, soft_wrap=True)
    days = (
        f", days {report.since or '…'} to {report.until or '…'}"
        if report.since or report.until
        else ""
    )
    users = f", one user in {report.sample}" if report.sample > 1 else ""
    verdict = styled("equal", "green") if report.equal else styled("not equal", "bold red")
    out.print(verdict, f"{days}{users}, in {report.seconds:.0f} s", sep="", highlight=False)
    if not report.equal:
        err.print(
            "Check first that lookback_days and allowed_lateness_days are those of the workers.",
            highlight=False,
        )


def _messages(report: Report) -> Table:
    table = _counts("topic", "messages", "valid events", "too late")
    for topic, count in report.records.items():
        valid, late = report.valid.get(topic, 0), report.too_late.get(topic, 0)
        table.add_row(topic, f"{count:,}", f"{valid:,}", f"{late / max(valid, 1):.2%}")
    return table


def _tables(report: Report) -> Table:
    table = _counts("table", "expected", "found", *Kind)
    for name, found in report.tables.items():
        wrong = [_count(found, kind) for kind in Kind]
        table.add_row(name, f"{found.expected:,}", f"{found.found:,}", *wrong)
    for reason, count in report.dead_letters.items():
        table.add_row(f"  {reason}", f"{count:,}")
    return table


def _counts(of: str, *names: str) -> Table:
    return Table(of, *(Column(name, justify="right") for name in names), box=None)


def _count(found: Comparison, kind: Kind) -> Text:
    count = found.wrong[kind]
    return styled(f"{count:,}", "bold red" if count else "")


def _example(table: str, example: Example) -> str:
    key = ", ".join(f"{name} {visible_value(value)}" for name, value in example.key.items())
    values = "".join(
        f"\n    {name}: expected {visible_value(expected)}, found {visible_value(found)}"
        for name, (expected, found) in example.values.items()
    )
    return f"{table}, {example.kind}: {key}{values}"
