"""zhongcao rebuild."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from rebuild import Done, Scope
from rebuild import rebuild as run
from rebuild.seed import seed
from schemas.errors import SettingsError
from sinks.migrate import check_migrated
from streams.cli import options
from streams.cli.console import err, progress_bar
from streams.clickhouse import clickhouse_of
from streams.folder.run import alone
from streams.settings import Settings


@click.command(
    epilog="""\b
    Examples:
      zhongcao rebuild --late
      zhongcao rebuild --since 2026-11-01 --until 2026-11-07
      zhongcao rebuild --brand b1 --embedded data/mine
    """
)
@click.option("--brand", metavar="BRAND", help="Only events of this brand_id.")
@click.option(
    "--since",
    type=options.DAY,
    metavar="DAY",
    help="First day of the events, Asia/Shanghai (default: of all).",
)
@click.option("--until", type=options.DAY, metavar="DAY", help="Last day of the events.")
@click.option(
    "--late",
    is_flag=True,
    help="Only users with events that came too late and that no rebuild has covered; with --embedded, with any that "
    "came too late.",
)
@click.option(
    "--state",
    is_flag=True,
    help="Make the workers' states anew from the events, as after they were lost. Stop all workers first.",
)
@options.embedded
@options.lookback_days
@options.config
def rebuild(
    brand: str | None,
    since: datetime | None,
    until: datetime | None,
    late: bool,
    state: bool,
    embedded: Path | None,
    lookback_days: int | None,
    config: Path | None,
) -> None:
    """Join the events in ClickHouse anew: whatever those of the given days can change is as if all had come in time.

    That is needed after events that came later than the workers' state reaches, and after --lookback-days was raised.
    The days are those of the events: orders that were paid up to the lookback after them, and journeys that began up
    to the lookback before them, are made anew.

    It may be done at any time, also while workers run, be stopped, and be done again: a row is only ever replaced by
    one that knows more.
    """
    settings = options.settings_of(config, lookback_days=lookback_days)
    if since and until and since > until:
        raise SettingsError(f"--since {since:%Y-%m-%d} lies after --until {until:%Y-%m-%d}.")
    if state:
        if brand or since or until or late or embedded:
            raise click.UsageError(
                "--state makes whole states, on Kafka: leave the other options out."
            )
        _rebuild_state(settings)
        return
    scope = Scope(brand, since.date() if since else None, until.date() if until else None, late)
    if embedded is not None:
        err.print(told(rebuild_in(settings, embedded, scope)), highlight=False, soft_wrap=True)
        return
    options.check_on_kafka(settings)
    clickhouse = clickhouse_of(settings)
    check_migrated(clickhouse)
    with progress_bar("rebuilding", 1.0) as bar:
        done = run(settings, clickhouse, scope, bar.show)
    err.print(told(done), highlight=False, soft_wrap=True)


def _rebuild_state(settings: Settings) -> None:
    options.check_on_kafka(settings)
    clickhouse = clickhouse_of(settings)
    check_migrated(clickhouse)
    with progress_bar("rebuilding states", 1.0) as bar:
        done = seed(settings, clickhouse, bar.show)
    err.print(
        f"The states of {done.partitions} partitions are made anew in the changelog, in {done.seconds:.1f} s: "
        f"{done.events:,} events. Workers restore them when they start.",
        highlight=False,
        soft_wrap=True,
    )
    if done.astray:
        err.print(
            f"{done.astray:,} messages were not read before the number of partitions changed, and lie where their "
            "users were: once workers have read them, stop these, and do `zhongcao rebuild --state` and "
            "`zhongcao rebuild` again.",
            style="yellow",
            highlight=False,
            soft_wrap=True,
        )


def rebuild_in(settings: Settings, folder: Path, scope: Scope) -> Done:
    """The same in a folder, which nothing else changes meanwhile. Raises ZhongcaoError."""
    # Nobody on Kafka writes there. And a line may say itself when it was published, long before the last rebuild.
    settings, scope = replace(settings, broker="memory://"), replace(scope, uncovered=False)
    with (
        options.clickhouse_meant(settings, folder) as clickhouse,
        alone(folder),
        progress_bar("rebuilding", 1.0) as bar,
    ):
        return run(settings, clickhouse, scope, bar.show)


def told(done: Done) -> str:
    """What a rebuild came to, in a sentence."""
    if done.since is None:
        return "Nothing to rebuild: there are no such events."
    left_out = f" {len(done.left_out):,} forgotten users were left out." if done.left_out else ""
    return (
        f"Rebuilt what events from {done.since} to {done.until} can change, in {done.seconds:.1f} s: "
        f"{done.facts:,} events read, {done.journeys:,} journeys and "
        f"{done.conversions:,} conversions written.{left_out}"
    )
