"""Options that several commands share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from sinks.connection import ClickHouse
from streams.cli import folders
from streams.clickhouse import clickhouse_of, embedded_clickhouse
from streams.settings import Settings

Command = Callable[..., Any]

FOLDER = click.Path(path_type=Path)
DAY = click.DateTime(formats=["%Y-%m-%d"])

config = click.option(
    "--config",
    type=FOLDER,
    envvar="ZHONGCAO_CONFIG",
    metavar="FILE",
    help="TOML file with settings; ZHONGCAO_* variables win over it.",
)

embedded = click.option(
    "--embedded",
    type=FOLDER,
    metavar="DIR",
    help="Run everything in this process, with all data in DIR.",
)


def joins(command: Command) -> Command:
    """The options of what runs a worker."""
    for option in (
        click.option(
            "--allowed-lateness-days",
            type=int,
            metavar="N",
            help="How far behind event time an event may arrive (default 3).",
        ),
        click.option(
            "--lookback-days",
            type=int,
            metavar="N",
            help="How far before a payment a touch counts, 1 to 90 (default 30).",
        ),
        config,
    ):
        command = option(command)
    return command


def settings_of(config: Path | None, **options: Any) -> Settings:
    """The settings from file, environment and options."""
    return Settings.load(config, **options)


@contextmanager
def clickhouse_meant(settings: Settings, folder: Path | None) -> Iterator[ClickHouse]:
    """The ClickHouse of an embedded folder, if one is given, else that of the settings."""
    if folder is None:
        yield clickhouse_of(settings)
        return
    folders.check_data(folder)
    with embedded_clickhouse(folder, settings.clickhouse_database) as clickhouse:
        yield clickhouse
