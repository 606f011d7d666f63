"""zhongcao migrate --with-access where there are no accounts, and used wrongly."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import Zhongcao


@pytest.fixture
def server(zhongcao: Zhongcao, tmp_path: Path) -> Iterator[dict[str, str]]:
    """What names an embedded server to the command."""
    with zhongcao.serving("data", "--port", "0", "--http-port", "0"):
        lock = json.loads(next(tmp_path.glob("data/*.lock")).read_text())
        yield {
            "ZHONGCAO_CLICKHOUSE_PORT": str(lock["native_port"]),
            "ZHONGCAO_CLICKHOUSE_DATABASE": "other",
        }


def test_an_embedded_server_has_no_accounts(
    zhongcao: Zhongcao, server: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "brands.txt").write_text("b1\n\nb2\n")
    sentence = zhongcao.fails("migrate", "--with-access", "--brands", "brands.txt", **server)
    assert "does not let default manage roles and row policies (code 497)" in sentence
    assert "The embedded server has no accounts." in sentence


def test_what_is_no_brand_is_a_wrong_setting(zhongcao: Zhongcao, server: dict[str, str]) -> None:
    told = zhongcao("migrate", "--with-access", "--brands", "-", stdin="b" * 65, **server)
    assert told.returncode == 2
    assert "is no brand_id" in told.stderr


def test_brands_are_for_roles(zhongcao: Zhongcao) -> None:
    told = zhongcao("migrate", "--brands", "-", stdin="b1\n")
    assert told.returncode == 2
    assert "which --with-access makes: add it" in told.stderr
