"""zhongcao forget."""

import sys
from collections.abc import Mapping
from pathlib import Path

import click
from rich.table import Table

from schemas.codec import Codec
from schemas.errors import SettingsError
from schemas.registry import DirectoryRegistry
from schemas.topics import FORGET_REQUESTS
from sinks.connection import ClickHouse
from sinks.erase import count, erase
from sinks.erase_in_folder import at_once
from streams import embedded as in_folder
from streams.cli import folders, options
from streams.cli.console import out, progress_bar
from streams.clickhouse import clickhouse_of, embedded_clickhouse
from streams.erasure.letters import Owner
from streams.erasure.requests import Request
from streams.kafka.forgetting import publish, wait_for_workers
from streams.kafka.topics import check
from streams.partitioning import partition_of
from streams.registry import registry_of
from streams.settings import Settings
from streams.validate import MAX_ID_CHARACTERS

#: A worker that is busy comes to a request in seconds; one that was just started restores its state before.
WAIT_S = 120


@click.command(
    epilog="""\b
    Examples:
      zhongcao forget u42
      zhongcao forget u42 --wait 900 --config zhongcao.toml
      zhongcao forget u42 --embedded data/mine
    """
)
@click.argument("user_id")
@click.option(
    "--wait",
    "wait_s",
    type=click.IntRange(min=0),
    default=WAIT_S,
    show_default=True,
    metavar="SECONDS",
    help="How long the workers may take to forget the user.",
)
@click.option("--yes", is_flag=True, help="Do not ask, also where no table has a row of the user.")
@options.embedded
@options.config
def forget(
    user_id: str, wait_s: int, yes: bool, embedded: Path | None, config: Path | None
) -> None:
    """Remove the user USER_ID from the state and from all tables, and keep the user out from now on.

    Safe to repeat, also after it failed halfway. docs/erasure.md tells what is left in Kafka, and until when.
    """
    _check_id(user_id)
    settings = options.settings_of(config)
    if embedded is not None:
        _show(_forget_in(settings, embedded, user_id, yes))
        return
    options.check_on_kafka(settings)
    _show(_forget_everywhere(settings, user_id, wait_s, yes))


def _check_id(user_id: str) -> None:
    """Other ids are in no event that was taken."""
    if not 0 < len(user_id) <= MAX_ID_CHARACTERS:
        raise SettingsError(
            f"USER_ID has {len(user_id)} characters, but ids have from 1 to {MAX_ID_CHARACTERS}: check it."
        )


def _check_known(clickhouse: ClickHouse, user: Owner, yes: bool) -> None:
    """Ask before an id is kept out that nobody has: it may be another one that was meant."""
    # Counted in any case: whoever may not look at the tables hears it before anything has happened.
    if any(count(clickhouse, user).values()) or yes:
        return
    nobody = "No table has a row of USER_ID"
    if not sys.stdin.isatty():
        raise SettingsError(
            f"{nobody}: check it, or give --yes to keep it out from now on all the same."
        )
    click.confirm(f"{nobody}. Keep it out from now on all the same?", abort=True, err=True)


def _forget_everywhere(
    settings: Settings, user_id: str, wait_s: float, yes: bool
) -> dict[str, int]:
    request, clickhouse = Request.of(user_id), clickhouse_of(settings)
    partition = partition_of(user_id.encode(), settings.partitions)
    user = Owner(user_id, Codec(registry_of(settings)))
    check(settings, (FORGET_REQUESTS,))
    _check_known(clickhouse, user, yes)
    offset = publish(settings, partition, request)
    with progress_bar("waiting for the workers", wait_s) as bar:
        wait_for_workers(
            settings, partition, offset, wait_s, lambda s: bar.show(s, f"{s:.0f} s of {wait_s}")
        )
    removed = erase(clickhouse, user)
    publish(settings, partition, request.fulfilled())
    return removed


def _forget_in(settings: Settings, folder: Path, user_id: str, yes: bool) -> dict[str, int]:
    folders.check_there(folder)
    folders.check_usable(folder)
    with embedded_clickhouse(folder, settings.clickhouse_database) as clickhouse:
        user = Owner(user_id, Codec(DirectoryRegistry()))
        _check_known(clickhouse, user, yes)
        in_folder.forget(settings, folder, user_id)
        with at_once(clickhouse) as delete:
            return erase(clickhouse, user, delete)


def _show(removed: Mapping[str, int]) -> None:
    table = Table("table", box=None)
    table.add_column("rows removed", justify="right")
    for name, rows in removed.items():
        table.add_row(name, f"{rows:,}")
    out.print(table, highlight=False)
    out.print("The user is forgotten, and what comes of the user from now on is left out.")
