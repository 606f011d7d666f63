"""A terminal that lacks a sign gets another one, and the command goes on."""

import subprocess
import sys

import pytest
from commands import environment

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
