"""Options that several commands share."""

import datetime
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from schemas.errors import SettingsError, SinkUnavailable
from sinks.connection import ClickHouse
from streams.cli import folders
from streams.clickhouse import clickhouse_of, embedded_clickhouse
from streams.settings import Settings
from streams.timeunits import shanghai_day
from streams.wall_clock import machine_ms

Command = Callable[..., Any]

FOLDER = click.Path(path_type=Path)
DAY = click.DateTime(formats=["%Y-%m-%d"])


class RecentDay(click.ParamType):
    """A day in Asia/Shanghai that has begun, or `today` or `yesterday` there."""

    name = "day"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime.date:
        """The day."""
        today = datetime.date(1970, 1, 1) + datetime.timedelta(days=shanghai_day(machine_ms()))
        words = {"today": today, "yesterday": today - datetime.timedelta(days=1)}
        if value in words:
            return words[value]
        try:
            day = datetime.date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is neither a day like {today} nor 'today' or 'yesterday'.")
        if day > today:
            self.fail(f"{day} lies in the future: it is {today} in Shanghai.")
        return day


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


lookback_days = click.option(
    "--lookback-days",
    type=int,
    metavar="N",
    help="How far before a payment a touch counts, 1 to 90 (default 30).",
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
        lookback_days,
        config,
    ):
        command = option(command)
    return command


def settings_of(config: Path | None, **options: Any) -> Settings:
    """The settings from file, environment and options."""
    return Settings.load(config, **options)


def check_on_kafka(settings: Settings) -> None:
    """Refuse to go on without a folder, where no other process can read the topics."""
    if not settings.on_kafka:
        raise SettingsError(
            f"broker is {settings.broker}, whose topics end with their process: name a folder with --embedded, "
            "or a broker that is kafka://host:port."
        )


@contextmanager
def clickhouse_meant(settings: Settings, folder: Path | None) -> Iterator[ClickHouse]:
    """The ClickHouse of an embedded folder, if one is given, else that of the settings."""
    if folder is None:
        with _folders_pointed_to():
            yield clickhouse_of(settings)
        return
    folders.check_data(folder)
    with embedded_clickhouse(folder, settings.clickhouse_database) as clickhouse:
        yield clickhouse


@contextmanager
def _folders_pointed_to() -> Iterator[None]:
    """Where there is no server, the data may lie in a folder."""
    try:
        yield
    except SinkUnavailable as error:
        told = str(error).removesuffix(".")
        raise SinkUnavailable(f"{told}. For data in a folder, add --embedded DIR.") from error
