"""zhongcao topics."""

from pathlib import Path

import click

from schemas.topics import DEAD_LETTERS, SOURCE_TOPICS
from streams import topics as admin
from streams.cli import options
from streams.cli.console import out


@click.group(
    epilog="""\b
    Examples:
      zhongcao topics create --replication 3
      zhongcao topics check
    """
)
def topics() -> None:
    """Create the topics in Kafka, or check them."""


@topics.command()
@click.option(
    "--replication", type=int, default=1, show_default=True, help="Copies of each partition."
)
@options.config
def create(replication: int, config: Path | None) -> None:
    """Create the topics that are not there yet."""
    settings = options.settings_of(config)
    created = admin.create(settings, replication)
    for topic in (*SOURCE_TOPICS, DEAD_LETTERS):
        told = f"created, {settings.partitions} partitions" if topic in created else "was there"
        out.print(f"{topic}: {told}", highlight=False)


@topics.command()
@options.config
def check(config: Path | None) -> None:
    """Check that the topics are there, with the partitions of the settings."""
    settings = options.settings_of(config)
    admin.check(settings)
    out.print(f"The topics have {settings.partitions} partitions each.", highlight=False)
