"""zhongcao migrate."""

from pathlib import Path

import click

from sinks.migrate import migrate as apply
from streams.cli import options
from streams.cli.console import out
from streams.clickhouse import clickhouse_of


@click.command(
    epilog="""\b
    Examples:
      zhongcao migrate
      ZHONGCAO_CLICKHOUSE_HOST=ch.internal zhongcao migrate
    """
)
@options.config
def migrate(config: Path | None) -> None:
    """Create the ClickHouse database, or bring its tables and views up to date.

    Safe to repeat: what was applied before is left as it is.
    """
    clickhouse = clickhouse_of(options.settings_of(config))
    applied = apply(clickhouse)
    for name in applied:
        out.print(f"applied {name}", highlight=False)
    out.print(
        f"Database {clickhouse.database} on {clickhouse.address} is up to date.", highlight=False
    )
