"""zhongcao sql."""

import sys
from pathlib import Path

import click

from sinks.http import run_query
from streams.cli import options
from streams.visible import output_for

#: How the names of formats begin that no program reads.
FOR_EYES = ("Pretty", "Vertical")


@click.command(
    epilog="""\b
    Examples:
      zhongcao sql "SELECT count() FROM current_conversions"
      zhongcao sql --embedded data/demo "SHOW TABLES"
      zhongcao sql "SELECT * FROM funnel(window_days = 7) LIMIT 3"
      zhongcao sql --format CSVWithNames "SELECT * FROM sub_order_amounts" > a.csv
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
    """Run one query in ClickHouse and print its result.

    A terminal shows control characters of the result as `\\xNN`; a file or a pipe gets all bytes unchanged, but
    for Pretty formats and Vertical where stdout has another encoding than UTF-8: these are in that.
    """
    output_format = output_format or ("PrettyCompact" if sys.stdout.isatty() else "TSV")
    sys.stdout.flush()
    with options.clickhouse_meant(options.settings_of(config), embedded) as clickhouse:
        output = output_for(sys.stdout, for_eyes=output_format.startswith(FOR_EYES))
        run_query(clickhouse, query, output, output_format)
        output.flush()
