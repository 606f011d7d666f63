"""zhongcao doctor."""

import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path

import click
from rich.table import Table

from schemas.compatibility import check_compatibility
from schemas.errors import RegistryError, ZhongcaoError
from schemas.registration import check as check_registered
from schemas.registry import DirectoryRegistry
from schemas.topics import SOURCE_TOPICS
from sinks.migrate import check_migrated
from streams import installation
from streams.cli import options
from streams.cli.console import out, styled
from streams.clickhouse import clickhouse_of
from streams.kafka.topics import check as check_topics
from streams.kafka.topics import verdict
from streams.registry import address_of, api_of
from streams.settings import Settings

Check = Callable[[Settings], str]


@click.command(
    epilog="""\b
    Examples:
      zhongcao doctor
      zhongcao doctor --config zhongcao.toml
    """
)
@options.config
def doctor(config: Path | None) -> None:
    """Check settings, contracts, registry, folders, libraries, ClickHouse and topics; exit 1 if a check fails."""
    settings = options.settings_of(config)
    table = Table("check", "", "found", box=None)
    failed = 0
    for name, check in CHECKS.items():
        try:
            table.add_row(name, styled("ok", "green"), check(settings))
        except (ZhongcaoError, OSError) as error:
            failed += 1
            table.add_row(name, styled("failed", "red"), str(error))
    out.print(table)
    sys.exit(1 if failed else 0)


def _settings(settings: Settings) -> str:
    return (
        f"broker {settings.broker}, {settings.partitions} partitions, lookback {settings.lookback_days} days, "
        f"lateness {settings.allowed_lateness_days} days"
    )


def _contracts(settings: Settings) -> str:
    registry = DirectoryRegistry()
    check_compatibility(registry)
    return ", ".join(f"{topic} id {registry.current(topic).schema_id}" for topic in SOURCE_TOPICS)


def _schema_registry(settings: Settings) -> str:
    if not settings.schema_registry_url:
        return "none: schema ids are those of the contracts"
    registry = DirectoryRegistry()
    contracts = [registry.current(topic) for topic in SOURCE_TOPICS]
    findings = list(check_registered(api_of(settings, patience_s=0), contracts))
    wrong = [f"{finding.what}: {finding.told}" for finding in findings if not finding.ok]
    if wrong:
        raise RegistryError(". ".join(wrong))
    return f"{address_of(settings)}, every contract is registered and reads every version"


def _data_folder(settings: Settings) -> str:
    folder = settings.data_dir
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not os.access(nearest, os.W_OK):
        raise PermissionError(f"{nearest} cannot be written: the state would have no place.")
    return f"{folder} can be written"


def _clickhouse(settings: Settings) -> str:
    clickhouse = clickhouse_of(settings)
    check_migrated(clickhouse)
    return f"{clickhouse.address}, database {clickhouse.database} is up to date"


def _topics(settings: Settings) -> str:
    if not settings.on_kafka:
        return f"{settings.broker} has none before it is used"
    return f"{settings.partitions} partitions each, {verdict(check_topics(settings))}"


def _libraries(settings: Settings) -> str:
    installation.check()
    return "of the versions that a worker relies on"


def _embedded(settings: Settings) -> str:
    if importlib.util.find_spec("chdb") is None:
        return "not installed (only --embedded needs it): pip install 'zhongcao[embedded]'"
    return "installed"


CHECKS: dict[str, Check] = {
    "settings": _settings,
    "contracts": _contracts,
    "schema registry": _schema_registry,
    "data folder": _data_folder,
    "libraries": _libraries,
    "embedded extra": _embedded,
    "ClickHouse": _clickhouse,
    "topics": _topics,
}
