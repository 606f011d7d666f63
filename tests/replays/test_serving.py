"""zhongcao clickhouse: who gets in, and how other commands do."""

from pathlib import Path

import pytest
from cli.commands import Zhongcao
from clickhouse_driver import Client
from clickhouse_driver.errors import ServerException

from sinks.embedded import running_server

PORTS = ("--port", "0", "--http-port", "0")


def asked(port: int, **account: str) -> object:
    with Client("127.0.0.1", port, **account) as client:
        return client.execute("SELECT 1")


@pytest.mark.parametrize(
    ("environ", "user", "password"),
    [({}, "default", None), ({"ZHONGCAO_CLICKHOUSE_PASSWORD": "s3cret"}, "default", "s3cret")],
)
def test_only_who_has_the_password_gets_in(
    zhongcao: Zhongcao, environ: dict[str, str], user: str, password: str | None
) -> None:
    with zhongcao.serving("data", *PORTS, **environ):
        running = running_server(Path(zhongcao.folder, "data"))
        assert running is not None
        assert password in (None, running.password)
        assert asked(running.native_port, user=user, password=running.password) == [(1,)]
        with pytest.raises(ServerException):
            asked(running.native_port)
        # A command finds it by itself, whatever its own settings are, and has no more rights than others.
        assert zhongcao.sql("data", "SELECT currentDatabase()") == [("zhongcao",)]
        refused = zhongcao.fails("sql", "--embedded", "data", "SELECT * FROM file('/etc/passwd')")
        assert "--allow-outside" in refused


def test_a_flag_allows_what_is_outside(zhongcao: Zhongcao) -> None:
    Path(zhongcao.folder, "a.csv").write_text("7\n")
    with zhongcao.serving("data", *PORTS, "--allow-outside"):
        query = f"SELECT * FROM file('{zhongcao.folder}/a.csv', 'CSV', 'x Int8')"
        assert zhongcao.sql("data", query) == [("7",)]
