"""Where no ClickHouse or Kafka answers, commands that ask it point to folders."""

import json

import pytest
from cli.commands import Zhongcao
from cli.event_lines import VIEW


@pytest.mark.parametrize(
    "command", [("sql", "SELECT 1"), ("explain", "s1"), ("report", "--brand", "b1")]
)
def test_a_folder_may_be_meant(zhongcao: Zhongcao, command: tuple[str, ...]) -> None:
    away = {"ZHONGCAO_CLICKHOUSE_PORT": "1", "ZHONGCAO_CLICKHOUSE_HTTP_PORT": "1"}
    sentence = zhongcao.fails(*command, **away)
    assert "ClickHouse" in sentence
    assert sentence.endswith("For data in a folder, add --embedded DIR.")


def test_a_replay_may_be_meant_for_a_folder(zhongcao: Zhongcao) -> None:
    (zhongcao.folder / "events.jsonl").write_text(json.dumps(VIEW))
    away = {"ZHONGCAO_BROKER": "kafka://127.0.0.1:1", "ZHONGCAO_CLICKHOUSE_PORT": "1"}
    sentence = zhongcao.fails("replay", "events.jsonl", "--format", "jsonl", **away)
    assert "Kafka at kafka://127.0.0.1:1 cannot be reached" in sentence
    assert sentence.endswith("To go without Kafka, add --embedded DIR.")
