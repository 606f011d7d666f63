"""zhongcao verify."""

import sys
from datetime import datetime
from pathlib import Path

import click
from rich.table import Column, Table
from rich.text import Text

from schemas.errors import SettingsError
from streams.cli import options
from streams.cli.console import err, out, print_whole, progress_bar, styled
from streams.clickhouse import clickhouse_of
from streams.visible import json_text, visible_value
from verify.check import Scope, check
from verify.compare import Comparison, Example, Kind, Verdict
from verify.report import Report
from verify.tables import TABLES

#: Of the command: differences were found; nothing was compared, of all or of a table that has rows in these days.
EXIT_CODES = {Verdict.EQUAL: 0, Verdict.NOT_EQUAL: 3, Verdict.NOTHING: 4}
STYLES = {Verdict.EQUAL: "green", Verdict.NOT_EQUAL: "bold red", Verdict.NOTHING: "bold yellow"}


@click.command(
    epilog="""\b
    Examples:
      zhongcao verify
      zhongcao verify --since 2025-06-01 --until 2025-06-07
      zhongcao verify --sample 100 --json
      zhongcao verify --table touches --table order_events
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
@click.option(
    "--table",
    "tables",
    type=click.Choice(list(TABLES)),
    multiple=True,
    help="A table to compare; may be given several times (default: all).",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@options.config
def verify(
    since: datetime | None,
    until: datetime | None,
    sample: int,
    tables: tuple[str, ...],
    as_json: bool,
    config: Path | None,
) -> None:
    """Check the tables in ClickHouse against the messages in Kafka, row for row; exit 0 only if they are equal.

    Reads what the group has committed and computes all rows again, in another way than the workers. Exit code 3:
    rows are missing, extra, different or doubled. Exit code 4: nothing was compared, of all or of a table that has
    rows in these days. What could not be compared is counted, with the reason. Workers may run meanwhile.
    """
    settings = options.settings_of(config)
    if not settings.on_kafka:
        raise SettingsError(
            f"broker is {settings.broker}, which forgets its messages: only what came through Kafka can be checked."
        )
    scope = Scope(
        since.date() if since else None,
        until.date() if until else None,
        sample,
        tables or tuple(TABLES),
    )
    with progress_bar("verifying", 1.0) as bar:
        report = check(settings, clickhouse_of(settings), scope, bar.show)
    if as_json:
        click.echo(json_text(report.plain()))
    else:
        _show(report)
    sys.exit(EXIT_CODES[report.verdict])


def _show(report: Report) -> None:
    for table in (_messages(report), _tables(report)):
        print_whole(table)
    for found in report.tables.values():
        for example in found.examples:
            out.print(_example(found.table, example), highlight=False, soft_wrap=True)
    for sentence in report.sentences():
        out.print(sentence, highlight=False, soft_wrap=True)
    days = (
        f", days {report.since or '…'} to {report.until or '…'}"
        if report.since or report.until
        else ""
    )
    users = f", one user in {report.sample}" if report.sample > 1 else ""
    compared = sum(found.compared for found in report.tables.values())
    left_out = sum(sum(found.left_out.values()) for found in report.tables.values())
    out.print(
        styled(report.verdict, STYLES[report.verdict]),
        f"{days}{users}: {compared:,} rows compared, {left_out:,} left out, in {report.seconds:.0f} s",
        sep="",
        highlight=False,
    )
    wrong = sum(sum(found.wrong.values()) for found in report.tables.values())
    if wrong > sum(report.of_forgotten.values()):
        err.print(
            "Check first that lookback_days and allowed_lateness_days are those of the workers.",
            highlight=False,
        )


def _messages(report: Report) -> Table:
    table = _counts("topic", "messages", "events compared", "too late")
    for topic, count in report.records.items():
        compared, late = report.compared.get(topic, 0), report.too_late.get(topic, 0)
        table.add_row(topic, f"{count:,}", f"{compared:,}", f"{late / max(compared, 1):.2%}")
    return table


def _tables(report: Report) -> Table:
    table = _counts("table", "compared", "expected", "found", *Kind, "left out", "")
    for name, found in report.tables.items():
        wrong = [_count(found, kind) for kind in Kind]
        looked_at = (f"{count:,}" for count in (found.compared, found.expected, found.found))
        left_out = f"{sum(found.left_out.values()):,}"
        table.add_row(
            name, *looked_at, *wrong, left_out, styled(found.verdict, STYLES[found.verdict])
        )
    for reason, count in report.dead_letters.items():
        table.add_row(f"  {reason}", "", f"{count:,}")
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
