"""--help is whole on a terminal of 80 columns, and has examples."""

import pytest
from commands import Zhongcao

from streams.cli import COMMANDS

GROUPS = [
    "topics",
    "topics create",
    "topics check",
    "schemas",
    "schemas register",
    "schemas check",
]


def shown(zhongcao: Zhongcao, *command: str) -> str:
    told = zhongcao(*command, "--help", COLUMNS="80")
    assert told.returncode == 0, told.stderr
    assert [line for line in told.stdout.splitlines() if len(line) > 80] == []
    assert "...\n" not in told.stdout.partition("\n")[2]
    return told.stdout


def test_who_makes_a_folder_says_so(zhongcao: Zhongcao) -> None:
    told = " ".join(shown(zhongcao, "clickhouse").split())
    assert "FOLDER is made, with empty tables, if there is none." in told


def test_each_command_has_a_line_of_its_own(zhongcao: Zhongcao) -> None:
    lines = shown(zhongcao).splitlines()
    for name, told in COMMANDS.items():
        assert f"  {name:<10}  {told}" in lines


@pytest.mark.parametrize("command", sorted({*COMMANDS, *GROUPS}))
def test_each_has_examples(zhongcao: Zhongcao, command: str) -> None:
    _, examples = shown(zhongcao, *command.split()).split("Examples:\n")
    assert f"zhongcao {command}" in examples
