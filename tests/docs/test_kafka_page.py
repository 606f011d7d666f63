"""The examples of docs/kafka.md are settings that are accepted, and its figures are those of the code."""

import re
from pathlib import Path

from streams.kafka.topic_rules import configs_to_create
from streams.settings import Settings
from streams.timeunits import DAY_MS

PAGE = (Path(__file__).parents[2] / "docs/kafka.md").read_text()


def example(first: str) -> str:
    """The block of code that begins so."""
    [block] = re.findall(rf"^    {first}.*\n(?:    .*\n)*", PAGE, re.MULTILINE)
    return "\n".join(line.strip() for line in block.splitlines())


def test_the_environment() -> None:
    lines = example("export ZHONGCAO_BROKER").splitlines()
    environ = dict(line.removeprefix("export ").split("=", 1) for line in lines)
    settings = Settings.load(environ=environ)
    assert settings.kafka_security_protocol == "SASL_SSL"
    assert settings.broker_hosts == ["k1.internal:9093", "k2.internal:9093"]


def test_the_file(tmp_path: Path) -> None:
    file = tmp_path / "zhongcao.toml"
    file.write_text(example("broker ="))
    assert Settings.load(file, {}).kafka_tls_key_file == "/etc/zhongcao/worker.key"


def test_how_long_topics_are_kept() -> None:
    settings = Settings()
    kept = {
        topic: int(config["retention.ms"]) / DAY_MS
        for topic, config in configs_to_create(settings, 1).items()
    }
    assert kept["note-views"] == 7
    assert kept["dead-letters"] == 30
    assert kept[settings.changelog_topic] == (
        settings.lookback_days + settings.allowed_lateness_days + 38
    )
    for told in ("| 7 days, or `--retention-days` |", "| 30 days |", "` + 38 days |"):
        assert told in PAGE
