"""A terminal that lacks a sign gets another one, and the command goes on."""

import subprocess
import sys

import pytest
from commands import EXECUTABLE, Zhongcao, environment

SCRIPT = """
from streams.cli.console import out, show_all_characters
show_all_characters()
out.print("¥1.50", "种草")
"""


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("utf-8", "¥1.50 种草"), ("gbk", "￥1.50 种草"), ("ascii", r"CNY 1.50 \u79cd\u8349")],
)
def test_an_amount_is_shown(encoding: str, shown: str) -> None:
    output = subprocess.check_output(
        [sys.executable, "-c", SCRIPT], env=environment({"PYTHONIOENCODING": encoding})
    )
    assert output.decode(encoding).strip() == shown


def test_a_result_that_is_looked_at_is_in_the_encoding_of_stdout(zhongcao: Zhongcao) -> None:
    """Any other is as ClickHouse sends it."""
    with zhongcao.serving("data", "--port", "0", "--http-port", "0"):
        for form, encoding in (("PrettyCompact", "gbk"), ("Vertical", "gbk"), ("TSV", "utf-8")):
            output = subprocess.check_output(
                [EXECUTABLE, "sql", "SELECT '种草' AS name", "--format", form],
                cwd=zhongcao.folder,
                env=environment(zhongcao.served("data") | {"PYTHONIOENCODING": "gbk"}),
            )
            assert "种草".encode(encoding) in output, form
