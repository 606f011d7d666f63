"""Bytes that are no UTF-8, in arguments, variables and files: one sentence says where."""

import shutil
from pathlib import Path

import pytest
from commands import Zhongcao

#: As Python has the byte 0xff in arguments, variables and paths.
BYTE = "\udcff"


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("explain", BYTE), "SUB_ORDER_ID is not UTF-8"),
        (("forget", BYTE), "USER_ID is not UTF-8"),
        (("sql", f"SELECT '{BYTE}'"), "QUERY is not UTF-8"),
        (("sql", "SELECT 1", "--format", BYTE), "--format is not UTF-8"),
        (("report", "--brand", BYTE), "--brand is not UTF-8"),
    ],
)
def test_text(zhongcao: Zhongcao, args: tuple[str, ...], says: str) -> None:
    assert says in zhongcao.fails(*args, code=2)


def test_a_variable(zhongcao: Zhongcao) -> None:
    sentence = zhongcao.fails("sql", "SELECT 1", code=2, ZHONGCAO_CLICKHOUSE_USER=BYTE)
    assert "clickhouse_user is not UTF-8" in sentence
    secret = zhongcao.fails("sql", "1", code=2, ZHONGCAO_CLICKHOUSE_PASSWORD=f"pw{BYTE}")
    assert "clickhouse_password is not UTF-8" in secret
    assert "pw" not in secret


def test_brands(zhongcao: Zhongcao) -> None:
    (zhongcao.folder / "brands").write_bytes(b"b1\n\xff\n")
    sentence = zhongcao.fails("migrate", "--with-access", "--brands", "brands", code=2)
    assert "--brands is not UTF-8" in sentence


def test_a_folder(zhongcao: Zhongcao) -> None:
    sentence = zhongcao.fails("clickhouse", BYTE, "--port", "0", "--http-port", "0")
    assert "\\udcff is not UTF-8" in sentence


def test_files_may_have_any_name(zhongcao: Zhongcao, tmp_path: Path) -> None:
    zhongcao.ok("generate", "--events", "100", "--output", f"e{BYTE}.jsonl")
    zhongcao.ok("replay", f"e{BYTE}.jsonl", "--format", "jsonl", "--embedded", "data")
    shutil.rmtree(tmp_path / "data")
