"""zhongcao worker."""

from pathlib import Path

import click

import streams.lean  # noqa: F401 - before what is more than a command line
from streams.cli import options
from streams.worker import run


@click.command(
    epilog="""\b
    Examples:
      zhongcao worker
      ZHONGCAO_BROKER=kafka://k1:9092,k2:9092 zhongcao worker --lookback-days 15
    """
)
@options.joins
def worker(
    config: Path | None, lookback_days: int | None, allowed_lateness_days: int | None
) -> None:
    """Read the topics, join, and write to ClickHouse, until interrupted.

    Workers of one group share the partitions among them.
    """
    run(
        options.settings_of(
            config, lookback_days=lookback_days, allowed_lateness_days=allowed_lateness_days
        )
    )
