"""Where no ClickHouse answers, commands that ask it point to folders."""

import pytest
from cli.commands import Zhongcao


@pytest.mark.parametrize(
    "command", [("sql", "SELECT 1"), ("explain", "s1"), ("report", "--brand", "b1")]
)
def test_a_folder_may_be_meant(zhongcao: Zhongcao, command: tuple[str, ...]) -> None:
    away = {"ZHONGCAO_CLICKHOUSE_PORT": "1", "ZHONGCAO_CLICKHOUSE_HTTP_PORT": "1"}
    sentence = zhongcao.fails(*command, **away)
    assert "ClickHouse" in sentence
    assert sentence.endswith("For data in a folder, add --embedded DIR.")
