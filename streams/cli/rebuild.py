"""zhongcao rebuild."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from rebuild import Done, Scope
from rebuild import rebuild as run
from schemas.errors import SettingsError
from sinks.migrate import check_migrated
from streams.cli import options
from streams.cli.console import err, progress_bar
from streams.folder.run import alone


@click.command(
    epilog="""\b
    Examples:
      zhongcao rebuild --late
      zhongcao rebuild --since 2026-11-01 --until 2026-11-07
      zhongcao rebuild --brand b1 --embedded data/mine
    """
)
@click.option("--brand", metavar="BRAND", help="Only this brand_id.")
@click.option(
    "--since", type=options.DAY, help="First day of the events (default: of all that there are)."
)
@click.option("--until", type=options.DAY, help="Last day of the events, Asia/Shanghai.")
@click.option(
    "--late", is_flag=True, help="Only users with events that came too late since the last rebuild."
)
@options.embedded
@options.config
def rebuild(
    brand: str | None,
    since: datetime | None,
    until: datetime | None,
    late: bool,
    embedded: Path | None,
    config: Path | None,
) -> None:
    """Join the events in ClickHouse anew: whatever those of the given days can change is as if all had come in time.

    That is needed after events that came later than the state reaches. It may be done at any time, also while workers
    run, and again: a row is only ever replaced by one that knows more.
    """
    settings = options.settings_of(config)
    if since and until and since > until:
        raise SettingsError(f"--since {since:%Y-%m-%d} lies after --until {until:%Y-%m-%d}.")
    if embedded is not None:
        # Nobody on Kafka writes there.
        settings = replace(settings, broker="memory://")
    elif not settings.on_kafka:
        raise SettingsError(
            f"broker is {settings.broker}, whose topics end with their process: name a folder with --embedded, "
            "or a broker that is kafka://host:port."
        )
    scope = Scope(brand, since.date() if since else None, until.date() if until else None, late)
    with ExitStack() as stack:
        clickhouse = stack.enter_context(options.clickhouse_meant(settings, embedded))
        if embedded is not None:
            stack.enter_context(alone(embedded))
        else:
            check_migrated(clickhouse)
        bar = stack.enter_context(progress_bar("rebuilding", 1.0))
        done = run(settings, clickhouse, scope, bar.show)
    err.print(told(done), highlight=False, soft_wrap=True)


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
