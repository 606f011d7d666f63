"""zhongcao migrate --with-access where there are no accounts, and used wrongly."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from commands import Zhongcao

from streams.cli.migrate import migrate


@pytest.fixture
def server(zhongcao: Zhongcao) -> Iterator[dict[str, str]]:
    """What names an embedded server to the command."""
    with zhongcao.serving("data", "--port", "0", "--http-port", "0"):
        yield {**zhongcao.served("data"), "ZHONGCAO_CLICKHOUSE_DATABASE": "other"}


def test_an_embedded_server_has_no_accounts(
    zhongcao: Zhongcao, server: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "brands.txt").write_text("b1\n\nb2\n")
    sentence = zhongcao.fails("migrate", "--with-access", "--brands", "brands.txt", **server)
    assert "does not let default manage roles and row policies (code 497)" in sentence
    assert "The embedded server has no accounts." in sentence


def test_an_embedded_server_has_none_to_compare(zhongcao: Zhongcao, server: dict[str, str]) -> None:
    sentence = zhongcao.fails("migrate", "--check", "--with-access", **server)
    assert "does not let default see roles and row policies (code 497)" in sentence


def test_what_is_no_brand_is_a_wrong_setting(zhongcao: Zhongcao, server: dict[str, str]) -> None:
    told = zhongcao("migrate", "--with-access", "--brands", "-", stdin="b" * 65, **server)
    assert told.returncode == 2
    assert "is no brand_id" in told.stderr


def test_brands_are_for_roles(zhongcao: Zhongcao) -> None:
    told = zhongcao("migrate", "--brands", "-", stdin="b1\n")
    assert told.returncode == 2
    assert "which --with-access makes: add it" in told.stderr


@pytest.mark.parametrize(("scratch", "told_more"), [(True, ""), (False, "24.10 has")])
def test_what_was_made_is_told(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    scratch: bool,
    told_more: str,
) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr("streams.cli.migrate.apply", lambda clickhouse: [])
    monkeypatch.setattr(
        "streams.cli.migrate.apply_access", lambda _, brands: asked.append(brands) or scratch
    )
    brands = tmp_path / "brands.txt"
    brands.write_text("b1\n\n  b2\n")
    migrate.main(["--with-access", "--brands", str(brands)], standalone_mode=False)
    shown = capsys.readouterr()
    assert asked == [["b1", "b2"]]
    assert "Roles zhongcao_writer" in shown.out
    assert "those of 2 brands" in " ".join(shown.out.split())
    assert told_more in shown.err
    assert bool(told_more) == bool(shown.err)


@pytest.mark.parametrize(("tables", "access"), [(["a"], []), ([], ["b"]), (["a"], ["b"]), ([], [])])
def test_what_differs_is_told_and_nothing_is_made(
    monkeypatch: pytest.MonkeyPatch, tables: list[str], access: list[str]
) -> None:
    monkeypatch.setattr("streams.cli.migrate.missing", lambda clickhouse: tables)
    monkeypatch.setattr("streams.cli.migrate.missing_access", lambda _, brands: access)
    monkeypatch.delattr("streams.cli.migrate.apply")
    monkeypatch.delattr("streams.cli.migrate.apply_access")
    done = CliRunner().invoke(migrate, ["--check", "--with-access"])
    differs = [*tables, *access]
    assert done.exit_code == bool(differs)
    if differs:
        assert done.stdout.splitlines() == differs
    else:
        assert "are as they should be" in " ".join(done.stdout.split())
