"""zhongcao topics."""

from pathlib import Path

import click

from streams.cli import options
from streams.cli.console import out
from streams.kafka import topics as admin
from streams.kafka.topic_rules import SOURCE_DAYS, topics_of


@click.group(
    epilog="""\b
    Examples:
      zhongcao topics create --replication 3
      zhongcao topics create --retention-days 14
      zhongcao topics check
    """
)
def topics() -> None:
    """Create the topics in Kafka, or check them."""


@topics.command(
    short_help="Create the topics that are not there yet.",
    epilog="""\b
    Examples:
      zhongcao topics create
      zhongcao topics create --replication 3 --retention-days 14
    """,
)
@click.option(
    "--replication",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Copies of each partition.",
)
@click.option(
    "--retention-days",
    type=click.IntRange(min=1),
    default=SOURCE_DAYS,
    show_default=True,
    metavar="N",
    help="How long the source topics keep their records.",
)
@options.config
def create(replication: int, retention_days: int, config: Path | None) -> None:
    """Create the topics that are not there yet: sources, dead letters, requests to forget, and the changelog."""
    settings = options.settings_of(config)
    created = admin.create(settings, replication, retention_days)
    for topic in topics_of(settings):
        told = f"created, {settings.partitions} partitions" if topic in created else "was there"
        out.print(f"{topic}: {told}", highlight=False)


@topics.command(
    short_help="Check the topics, and where producers put keys.",
    epilog="""\b
    Examples:
      zhongcao topics check
      ZHONGCAO_BROKER=kafka://k1:9092,k2:9092 zhongcao topics check
    """,
)
@options.config
def check(config: Path | None) -> None:
    """Check that the topics are there and lose nothing, and that producers put each key where it belongs."""
    settings = options.settings_of(config)
    found = admin.verdict(admin.check(settings))
    out.print(
        f"The topics at {settings.broker}, of {settings.partitions} partitions each, are {found}.",
        highlight=False,
    )
