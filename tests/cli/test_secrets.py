"""No secret of the settings is shown: not in errors, tables or logs, and none is an option of the command line."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from commands import Zhongcao
from fake_registry import FakeRegistry

from streams.cli import COMMANDS
from streams.settings import Settings

#: Of the settings that a repr leaves out, the URL is a secret for what may stand in it.
SECRETS = {
    setting.name: f"s3cret-{setting.name}"
    for setting in fields(Settings)
    if not setting.repr and setting.name != "schema_registry_url"
}
ELSEWHERE = {
    "ZHONGCAO_BROKER": "kafka://127.0.0.1:1",
    "ZHONGCAO_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "ZHONGCAO_KAFKA_SASL_USER": "alice",
    "ZHONGCAO_KAFKA_TLS_CERT_FILE": "cert.pem",
    "ZHONGCAO_CLICKHOUSE_PORT": "1",
    "ZHONGCAO_CLICKHOUSE_HTTP_PORT": "1",
    "ZHONGCAO_SCHEMA_REGISTRY_USER": "alice",
    "ZHONGCAO_LOG_LEVEL": "debug",
    "ZHONGCAO_LOG_FORMAT": "json",
}


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    """One that lets nobody in, and says so in a page of its own."""
    with FakeRegistry() as registry:
        registry.when("GET /subjects", (401, b"who are you?"))
        yield registry


@pytest.fixture
def environ(registry: FakeRegistry) -> dict[str, str]:
    """Every secret, for services that are away or let nobody in."""
    url = registry.url.replace("://", "://bob:s3cret-in-url@")
    secrets = {f"ZHONGCAO_{name.upper()}": secret for name, secret in SECRETS.items()}
    return ELSEWHERE | secrets | {"ZHONGCAO_SCHEMA_REGISTRY_URL": url}


def test_there_are_secrets() -> None:
    assert SECRETS.keys() >= {
        *("kafka_sasl_password", "kafka_tls_key_password"),
        *("schema_registry_password", "clickhouse_password"),
    }


#: Files that are no certificates end a command before it talks to Kafka; without TLS, what is set for it would.
REACHING_KAFKA = {
    "ZHONGCAO_KAFKA_SECURITY_PROTOCOL": "PLAINTEXT",
    **{
        f"ZHONGCAO_{setting.name.upper()}": str(setting.default)
        for setting in fields(Settings)
        if setting.name.startswith(("kafka_sasl_", "kafka_tls_"))
    },
}
WRONG = (
    {"ZHONGCAO_PARTITIONS": "many"},
    {"ZHONGCAO_CLICKHOUSE_PASWORD": "s3cret-misspelt"},
    {"ZHONGCAO_BROKER": "kafka://alice:s3cret-in-broker@k1:9092"},
    {"ZHONGCAO_SCHEMA_REGISTRY_URL": "https://bob:s3cret-in-url@[bad"},
    {"ZHONGCAO_CONFIG": "broken.toml"},
)
COMMANDS_THAT_TALK = (
    ("doctor",),
    ("worker",),
    ("topics", "check"),
    ("topics", "create"),
    ("schemas", "check"),
    ("schemas", "register"),
    ("sql", "SELECT 1"),
    ("replay", "events.jsonl", "--format", "jsonl"),
)


@pytest.mark.parametrize(
    ("args", "changes"),
    [
        *((args, {}) for args in COMMANDS_THAT_TALK),
        *((("doctor",), changes) for changes in WRONG),
        # A broker that is away is waited for: two are enough.
        *((args, REACHING_KAFKA) for args in (("doctor",), ("worker",))),
    ],
)
def test_what_goes_wrong_shows_no_secret(
    zhongcao: Zhongcao,
    tmp_path: Path,
    environ: dict[str, str],
    args: tuple[str, ...],
    changes: dict[str, str],
) -> None:
    (tmp_path / "cert.pem").write_text("no certificate")
    (tmp_path / "events.jsonl").write_text("")
    (tmp_path / "broken.toml").write_text('clickhouse_password = "s3cret-in-file\n')
    done = zhongcao(*args, **(environ | changes))
    assert done.returncode in (1, 2)
    told = done.stdout + done.stderr
    assert told
    assert "s3cret" not in told


def test_a_password_that_a_server_refuses_is_not_shown(zhongcao: Zhongcao, tmp_path: Path) -> None:
    with zhongcao.serving("data", "--port", "0", "--http-port", "0"):
        lock = json.loads(next(tmp_path.glob("data/*.lock")).read_text())
        environ = {
            "ZHONGCAO_BROKER": "memory://none",
            "ZHONGCAO_CLICKHOUSE_PORT": str(lock["native_port"]),
            "ZHONGCAO_CLICKHOUSE_HTTP_PORT": str(lock["http_port"]),
            "ZHONGCAO_CLICKHOUSE_PASSWORD": "s3cret",
        }
        for args in (("sql", "SELECT 1"), ("migrate",), ("doctor",), ("worker",)):
            done = zhongcao(*args, **environ)
            assert done.returncode == 1
            told = done.stdout + done.stderr
            assert "Authentication failed" in "".join(told.split("\n")).replace("  ", " ")
            assert "s3cret" not in told


@pytest.mark.parametrize("command", COMMANDS)
def test_no_secret_is_an_option_which_a_list_of_processes_would_show(
    zhongcao: Zhongcao, command: str
) -> None:
    shown = zhongcao.ok(command, "--help")
    assert not re.findall(r"--\S*password", shown)
    assert not [name for name in SECRETS if name.replace("_", "-") in shown]
