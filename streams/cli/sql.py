"""zhongcao sql."""

import sys
from pathlib import Path

import click

from sinks.http import run_query
from streams.cli import options
from streams.clickhouse import clickhouse_of, embedded_clickhouse


@click.command(
    epilog="""\b
    Examples:
      zhongcao sql "SELECT count() FROM current_conversions"
      zhongcao sql --embedded data/demo "SHOW TABLES"
      zhongcao sql --embedded data/demo --format CSVWithNames "SELECT * FROM sub_order_amounts" > orders.csv
    """
)
@click.argument("query")
@click.option(
    "--format",
    "output_format",
    metavar="FORMAT",
    help="Any of ClickHouse's formats [default: PrettyCompact in a terminal, else TSV].",
)
@options.embedded
@options.config
def sql(query: str, output_format: str | None, embedded: Path | None, config: Path | None) -> None:
    """Run one query in ClickHouse and print its result."""
    settings = options.settings_of(config)
    output_format = output_format or ("PrettyCompact" if sys.stdout.isatty() else "TSV")
    sys.stdout.flush()
    if embedded is None:
        run_query(clickhouse_of(settings), query, sys.stdout.buffer, output_format)
        return
    options.check_embedded(embedded)
    with embedded_clickhouse(embedded, settings.clickhouse_database) as clickhouse:
        run_query(clickhouse, query, sys.stdout.buffer, output_format)
