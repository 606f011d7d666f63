"""All settings: one frozen object, read once, from a TOML file and ZHONGCAO_* variables.

A variable wins over the file, and an option of the command line over both. Names are the same everywhere:
`lookback_days` is `lookback_days` in the file, ZHONGCAO_LOOKBACK_DAYS in the environment and
`--lookback-days` on the command line.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from schemas.errors import SettingsError
from schemas.rest_address import RegistryAddress
from schemas.suggestions import did_you_mean
from streams.kafka.settings import KafkaSettings, check_kafka
from streams.timeunits import DAY_MS

#: The least for the state of one partition: 2 MiB for what it knows of actors, 2 for write buffers, 2 of the cache.
STATE_BYTES = 6 << 20

PREFIX = "ZHONGCAO_"
#: What Kubernetes, like Docker's links before it, sets in all pods beside a Service whose name begins with ours.
_SERVICE_LINK = re.compile(
    rf"{PREFIX}(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?)"
)
_LINK = re.compile(r"(?:tcp|udp|sctp)://\S+")
TRUE, FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


@dataclass(frozen=True, slots=True)
class Settings(KafkaSettings):
    """Everything that can be set. Durations and sizes carry their unit in the name."""

    #: Where the four topics are: kafka://host:port[,host:port…], or memory:// within one process.
    broker: str = "kafka://127.0.0.1:9092"
    #: Consumer group and Faust application id.
    group: str = "zhongcao"
    #: Name of the worker within its group, the same after each start; empty: a new member each time.
    instance_id: str = ""
    #: Partitions of each of the four topics, and of those that go with them.
    partitions: int = 8
    #: Folder of the partition state.
    data_dir: Path = Path("data")
    #: How far before a payment a touch counts, and how long a journey stays open, in days.
    lookback_days: int = 30
    #: How far behind its partition's event time an event may arrive, in days.
    allowed_lateness_days: int = 3
    #: Sub-orders and touches of one user and brand in 30 days, at most: with more they are no person, and get no paths.
    crowded_sub_orders: int = 5_000
    crowded_touches: int = 100_000
    #: Raise by one after the topics were lost or rebuilt: offsets begin anew then, and so must the state.
    epoch: int = 0
    #: Memory of a worker for its states and for batches in flight, in bytes. The program itself takes some 300 MB more.
    memory_bytes: int = 1 << 30
    #: Records of one partition of a topic that are processed at once, at most.
    batch_records: int = 100_000
    #: How long a fetch may wait at the broker to fill, in ms; 0 answers as soon as there is anything.
    fetch_linger_ms: int = 0
    #: Rows that wait for ClickHouse before they are inserted, if the linger time is not over before.
    sink_rows: int = 200_000
    #: How long rows may wait to fill a block before they are inserted, in ms.
    sink_linger_ms: int = 500
    #: Base URL of a Confluent-compatible schema registry; empty means the contracts of the package.
    schema_registry_url: str = field(default="", repr=False)
    schema_registry_user: str = ""
    schema_registry_password: str = field(default="", repr=False)
    clickhouse_host: str = "127.0.0.1"
    clickhouse_port: int = 9000
    clickhouse_http_port: int = 8123
    clickhouse_database: str = "zhongcao"
    clickhouse_user: str = "default"
    clickhouse_password: str = field(default="", repr=False)
    clickhouse_secure: bool = False
    #: How long ClickHouse may be silent before a connection counts as broken, in s.
    clickhouse_timeout_s: int = 120
    #: Where a worker serves /metrics, /health and /ready, without accounts; port 0 serves none.
    web_host: str = "127.0.0.1"
    web_port: int = 6066
    #: How long a round may be at work, or a state come no further, before a worker is stuck and ends itself, in s.
    stuck_after_s: int = 600
    #: How long the group waits for a worker that has gone without a word, in s.
    session_timeout_s: int = 20
    #: How long a stop may take before the process ends itself, in s.
    stop_timeout_s: int = 25
    #: text for people, json for machines.
    log_format: str = "text"
    #: The least level of a worker's log lines.
    log_level: str = "info"

    def __post_init__(self) -> None:
        for check in (
            _check_ranges,
            _check_choices,
            _check_broker,
            _check_registry,
            _check_names,
            _check_memory,
            _check_patience,
            check_kafka,
        ):
            check(self)

    @classmethod
    def load(
        cls,
        file: Path | None = None,
        environ: Mapping[str, str] = os.environ,
        **options: Any,
    ) -> Self:
        """Read the file, then ZHONGCAO_* variables, then options that are not None.

        Raises: SettingsError, which names the setting, where it came from and what would go wrong.
        """
        known = {f.name: f for f in fields(cls)}
        values: dict[str, Any] = {}
        for name, raw, origin in (*_from_file(file), *_from_environ(environ)):
            if name not in known:
                raise SettingsError(
                    f"There is no setting {name!r} ({origin}){did_you_mean(name, known)} "
                    f"The settings are {', '.join(sorted(known))}."
                )
            values[name] = _convert(known[name], raw, origin)
        values |= {name: value for name, value in options.items() if value is not None}
        return cls(**values)

    @property
    def on_kafka(self) -> bool:
        """Are the topics in Kafka, and not in the memory of a process?"""
        return self.broker.startswith("kafka://")

    @property
    def broker_hosts(self) -> list[str]:
        """host:port of each broker."""
        return self.broker.partition("://")[2].split(",")

    @property
    def in_flight_bytes(self) -> int:
        """Memory for batches between the broker and ClickHouse: half of what there is."""
        return self.memory_bytes // 2

    @property
    def state_bytes(self) -> int:
        """Memory for the states: the other half."""
        return self.memory_bytes - self.in_flight_bytes

    @property
    def changelog_topic(self) -> str:
        """The topic from which a worker has the state of a partition that another had before."""
        return f"{self.group}-state-changelog"

    @property
    def lookback_ms(self) -> int:
        """The lookback in ms."""
        return self.lookback_days * DAY_MS

    @property
    def allowed_lateness_ms(self) -> int:
        """The allowed lateness in ms."""
        return self.allowed_lateness_days * DAY_MS

    @property
    def retention_ms(self) -> int:
        """How far behind its event time a partition keeps touches and payments, in ms."""
        return self.lookback_ms + self.allowed_lateness_ms + DAY_MS


#: Setting → (lowest, highest, what would go wrong beyond).
RANGES = {
    "partitions": (1, 1024, "each partition keeps a store and a reader of its own"),
    "lookback_days": (1, 90, "the state keeps each touch for that long"),
    "allowed_lateness_days": (0, 365, "the state keeps each touch for that much longer"),
    "crowded_sub_orders": (1, 1_000_000, "their paths are made anew for one late touch"),
    "crowded_touches": (
        1,
        10_000_000,
        "they are read for each batch that has a payment among them",
    ),
    "epoch": (0, 2**16 - 1, "the tables have 16 bits for it"),
    "memory_bytes": (64 << 20, 1 << 40, "batches would stall below, and no machine has more"),
    "batch_records": (1, 1_000_000, "a batch is held in memory whole"),
    "fetch_linger_ms": (0, 10_000, "whatever else a worker asks the broker waits behind a fetch"),
    "sink_rows": (1, 10_000_000, "rows wait in memory until ClickHouse has taken them"),
    "sink_linger_ms": (0, 60_000, "rows would be that long in the dark"),
    "clickhouse_port": (1, 65_535, "it is a TCP port"),
    "clickhouse_http_port": (1, 65_535, "it is a TCP port"),
    "web_port": (0, 65_535, "it is a TCP port, or 0 for none"),
    "session_timeout_s": (1, 90, "partitions of a worker that died would stand still"),
    "clickhouse_timeout_s": (
        1,
        3_600,
        "an insert may take that long, and a connection that hangs costs as much",
    ),
    "stuck_after_s": (1, 86_400, "nobody would hear of a worker that is stuck"),
    "stop_timeout_s": (1, 3_600, "whoever stops the worker waits for it"),
}

#: Setting → what it may be.
CHOICES = {
    "log_format": ("text", "json"),
    "log_level": ("debug", "info", "warning", "error"),
}


def _check_ranges(settings: Settings) -> None:
    for name, (lowest, highest, why) in RANGES.items():
        value = getattr(settings, name)
        if not lowest <= value <= highest:
            raise SettingsError(f"{name} is {value} but must be from {lowest} to {highest}: {why}.")


def _check_choices(settings: Settings) -> None:
    for name, choices in CHOICES.items():
        value = getattr(settings, name)
        if value not in choices:
            raise SettingsError(f"{name} is {value!r} but must be one of {', '.join(choices)}.")


def _check_memory(settings: Settings) -> None:
    least = 2 * STATE_BYTES * settings.partitions
    if settings.memory_bytes < least:
        raise SettingsError(
            f"memory_bytes is {settings.memory_bytes} but must be at least {least} for {settings.partitions} "
            "partitions: one worker may be left with all of them."
        )


def _check_patience(settings: Settings) -> None:
    if settings.stuck_after_s < settings.clickhouse_timeout_s:
        raise SettingsError(
            f"stuck_after_s is {settings.stuck_after_s} but must be at least clickhouse_timeout_s, "
            f"{settings.clickhouse_timeout_s}: a worker would end while it waits for ClickHouse."
        )


def _check_broker(settings: Settings) -> None:
    if "@" in settings.broker:
        # It is not shown: what is before the @ may be a password, and brokers are told everywhere.
        raise SettingsError(
            "broker has an @, as if it held a user and a password: give them as kafka_sasl_user and "
            "kafka_sasl_password, and broker as kafka://host:port."
        )
    scheme = urlsplit(settings.broker).scheme
    if scheme not in ("kafka", "memory"):
        raise SettingsError(
            f"broker is {settings.broker!r} but must start with kafka:// or memory://, "
            "as in kafka://127.0.0.1:9092: nothing could be read."
        )


def _check_registry(settings: Settings) -> None:
    if settings.schema_registry_url:
        RegistryAddress.parse(
            settings.schema_registry_url,
            settings.schema_registry_user,
            settings.schema_registry_password,
        )


def _check_names(settings: Settings) -> None:
    for name in ("group", "clickhouse_host", "clickhouse_database", "clickhouse_user", "web_host"):
        if not getattr(settings, name).strip():
            raise SettingsError(f"{name} is empty: leave it out to use the default.")
    if not re.fullmatch(r"[\w.-]{1,200}", settings.group, re.ASCII):
        raise SettingsError(
            f"group is {settings.group!r} but may have only letters, digits, '.', '_' and '-', 200 at most: "
            "a topic is named after it."
        )
    if not re.fullmatch(r"[\w.-]{0,200}", settings.instance_id, re.ASCII):
        raise SettingsError(
            f"instance_id is {settings.instance_id!r} but may have only letters, digits, '.', '_' and '-', 200 at "
            "most: Kafka takes no others."
        )


def _from_file(file: Path | None) -> list[tuple[str, Any, str]]:
    if file is None:
        return []
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"The settings file {file} cannot be read ({error.strerror}): check the path."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings file {file} is not valid TOML: {error}.") from error
    return [(name, value, f"in {file}") for name, value in content.items()]


def _from_environ(environ: Mapping[str, str]) -> list[tuple[str, Any, str]]:
    known = {f.name for f in fields(Settings)}
    found = []
    for name, value in environ.items():
        if not name.startswith(PREFIX) or name == f"{PREFIX}CONFIG":
            continue
        setting = name.removeprefix(PREFIX).lower()
        if setting in known:
            _check_no_link(setting, name, value)
        elif _SERVICE_LINK.fullmatch(name) or _is_link(name, value):
            continue
        found.append((setting, value, f"environment variable {name}"))
    return found


def _is_link(name: str, value: str) -> bool:
    return name.endswith("_PORT") and _LINK.fullmatch(value) is not None


def _check_no_link(setting: str, name: str, value: str) -> None:
    if _is_link(name, value):
        service = name.removesuffix("_PORT").replace("_", "-").lower()
        raise SettingsError(
            f"{setting} is {value!r} (environment variable {name}), which Kubernetes sets in every pod beside a "
            f"Service named {service}: put enableServiceLinks: false into the pod's spec, or set {name} in it."
        )


def _convert(setting: Field[Any], raw: Any, origin: str) -> Any:
    kind: Any = setting.type
    value = repr(raw) if setting.repr else "***"
    wrong = SettingsError(f"{setting.name} is {value} ({origin}) but must be {_KIND_NAMES[kind]}.")
    if kind is int:
        if isinstance(raw, bool) or not isinstance(raw, int | str):
            raise wrong
        try:
            return int(raw)
        except ValueError:
            raise wrong from None
    if kind is bool:
        if isinstance(raw, bool):
            return raw
        if str(raw).lower() in TRUE + FALSE:
            return str(raw).lower() in TRUE
        raise wrong
    if not isinstance(raw, str):
        raise wrong
    if kind is not Path and any("\ud800" <= character <= "\udfff" for character in raw):
        raise SettingsError(f"{setting.name} is not UTF-8 ({origin}): nobody could be told it.")
    return Path(raw) if kind is Path else raw


_KIND_NAMES = {int: "a whole number", bool: "true or false", str: "a text", Path: "a path"}
