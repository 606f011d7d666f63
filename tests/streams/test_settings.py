"""Settings come from a file, the environment and options, in this order, and say what is wrong with them."""

from pathlib import Path

import pytest

from schemas.errors import SettingsError
from streams.settings import RANGES, Settings

DAY_MS = 86_400_000


def test_defaults() -> None:
    settings = Settings.load(environ={})
    assert settings == Settings()
    assert (settings.lookback_days, settings.allowed_lateness_days) == (30, 3)


def test_an_option_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "zhongcao.toml"
    file.write_text('group = "file"\nlookback_days = 7\npartitions = 3\nclickhouse_secure = true\n')
    environ = {"ZHONGCAO_LOOKBACK_DAYS": "8", "ZHONGCAO_GROUP": "env", "OTHER": "x"}
    settings = Settings.load(file, environ, group="option", partitions=None)
    assert (settings.group, settings.lookback_days, settings.partitions) == ("option", 8, 3)
    assert settings.clickhouse_secure is True


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", True), ("TRUE", True), ("on", True), ("0", False), ("no", False), ("False", False)],
)
def test_truth_in_the_environment(text: str, value: bool) -> None:
    environ = {"ZHONGCAO_CLICKHOUSE_SECURE": text}
    assert Settings.load(environ=environ).clickhouse_secure is value


def test_kinds_of_values() -> None:
    environ = {"ZHONGCAO_DATA_DIR": "/var/lib/z", "ZHONGCAO_CONFIG": "ignored here"}
    assert Settings.load(environ=environ).data_dir == Path("/var/lib/z")


def test_each_group_has_a_changelog_of_its_own() -> None:
    assert Settings(group="zhongcao-2").changelog_topic == "zhongcao-2-state-changelog"


def test_durations() -> None:
    settings = Settings(lookback_days=7, allowed_lateness_days=2)
    assert settings.lookback_ms == 7 * DAY_MS
    assert settings.allowed_lateness_ms == 2 * DAY_MS
    assert settings.retention_ms == 10 * DAY_MS


@pytest.mark.parametrize("name", RANGES)
def test_ranges(name: str) -> None:
    lowest, highest, why = RANGES[name]
    roomy = {"partitions": 1, "memory_bytes": 1 << 40}
    roomy |= {"clickhouse_timeout_s": 1, "stuck_after_s": 86_400}
    for value in (lowest, highest):
        assert getattr(Settings(**{**roomy, name: value}), name) == value
    for value in (lowest - 1, highest + 1):
        with pytest.raises(SettingsError, match=f"{name} is {value} but .*: {why}"):
            Settings(**{name: value})


def test_the_memory_must_do_for_all_partitions() -> None:
    Settings(partitions=10, memory_bytes=120 << 20)
    with pytest.raises(SettingsError, match=r"must be at least 125829120 for 10 partitions"):
        Settings(partitions=10, memory_bytes=(120 << 20) - 1)


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"ZHONGCAO_LOOKBACK": "7"}, "no setting 'lookback' .environment variable ZHONGCAO_LOOKB"),
        ({"ZHONGCAO_LOOKBACK": "7"}, "did you mean lookback_days. The settings are"),
        ({"ZHONGCAO_XYZ": "7"}, r"ZHONGCAO_XYZ\)\. The settings are"),
        ({"ZHONGCAO_PARTITIONS": "many"}, "partitions is 'many' .* must be a whole number"),
        ({"ZHONGCAO_PARTITIONS": "1.5"}, "must be a whole number"),
        ({"ZHONGCAO_CLICKHOUSE_SECURE": "perhaps"}, "must be true or false"),
        ({"ZHONGCAO_BROKER": "localhost:9092"}, "must start with kafka:// or memory://"),
        ({"ZHONGCAO_GROUP": " "}, "group is empty"),
        ({"ZHONGCAO_GROUP": "my group"}, "group is 'my group' but may have only letters"),
        ({"ZHONGCAO_SCHEMA_REGISTRY_URL": "sr:8081"}, "schema_registry_url must be like http://"),
        (
            {"ZHONGCAO_SCHEMA_REGISTRY_URL": "http://sr", "ZHONGCAO_SCHEMA_REGISTRY_PASSWORD": "x"},
            "without .*_user",
        ),
        ({"ZHONGCAO_STUCK_AFTER_S": "60"}, "must be at least clickhouse_timeout_s, 120"),
        ({"ZHONGCAO_INSTANCE_ID": "worker 1"}, "instance_id is 'worker 1' but may have only"),
        ({"ZHONGCAO_WEB_HOST": ""}, "web_host is empty"),
        ({"ZHONGCAO_LOG_FORMAT": "xml"}, "log_format is 'xml' but must be one of text, json"),
        ({"ZHONGCAO_LOG_LEVEL": "INFO"}, "log_level is 'INFO' but must be one of debug, info"),
        ({"ZHONGCAO_CLICKHOUSE_HOST": ""}, "clickhouse_host is empty"),
        ({"ZHONGCAO_CLICKHOUSE_DATABASE": ""}, "clickhouse_database is empty"),
        ({"ZHONGCAO_CLICKHOUSE_USER": ""}, "clickhouse_user is empty"),
    ],
)
def test_errors_of_the_environment(environ: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Settings.load(environ=environ)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lookback_days = ", "is not valid TOML"),
        ("lookback = 3", "no setting 'lookback' .in "),
        ("lookback_days = true", "lookback_days is True .* must be a whole number"),
        ("lookback_days = 1.5", "must be a whole number"),
        ("group = 3", "group is 3 .* must be a text"),
        (
            "schema_registry_password = 4711",
            r"schema_registry_password is \*\*\* .* must be a text",
        ),
        ("data_dir = 3", "must be a path"),
        ('clickhouse_secure = "maybe"', "must be true or false"),
    ],
)
def test_errors_of_the_file(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "zhongcao.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=message):
        Settings.load(file, {})


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        Settings.load(tmp_path / "none.toml", {})


def test_a_password_in_the_broker_is_refused_and_not_shown() -> None:
    with pytest.raises(SettingsError, match="give them as kafka_sasl_user") as refused:
        Settings(broker="kafka://alice:s3cret@k1:9092")
    assert "s3cret" not in str(refused.value)
