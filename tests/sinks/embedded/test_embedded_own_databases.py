"""What the engine cannot do without is kept: nobody drops, hides or fills its own databases."""

import pytest
from clickhouse_driver import Client
from clickhouse_driver.errors import ServerException
from embedded_clients import Connect, Run

BREAKING = (
    "DROP DATABASE system",
    "DROP DATABASE information_schema SYNC",
    "DROP DATABASE INFORMATION_SCHEMA",
    "DROP DATABASE _files",
    "DROP DATABASE default",
    "RENAME DATABASE system TO other",
    "RENAME DATABASE default TO other",
    "TRUNCATE DATABASE system",
    "DROP TABLE system.one",
    "DROP VIEW information_schema.tables",
    "RENAME TABLE system.one TO {database}.one",
    "EXCHANGE TABLES system.one AND {database}.mine",
    "RENAME TABLE {database}.mine TO system.mine",
    "CREATE TABLE system.other (x Int8) ENGINE = Memory",
    "CREATE VIEW _files.other AS SELECT 1",
    "ALTER TABLE system.one ADD COLUMN x Int8",
)


@pytest.mark.parametrize("sql", BREAKING)
def test_the_engines_own_databases_stay(
    client: Client, connect: Connect, database: str, sql: str
) -> None:
    client.execute("CREATE TABLE mine (x Int8) ENGINE = Memory")
    with pytest.raises(ServerException) as refused:
        client.execute(sql.format(database=database))
    assert refused.value.code == 497
    assert connect().execute("SELECT count() FROM system.one") == [(1,)]


def test_ones_own_may_go(client: Client, database: str) -> None:
    client.execute(f"CREATE DATABASE {database}_2")
    client.execute(f"RENAME DATABASE {database}_2 TO {database}_3")
    client.execute(f"DROP DATABASE {database}_3")
    client.execute("CREATE TABLE default.mine (x Int8) ENGINE = Memory")
    client.execute("DROP TABLE default.mine")


def test_where_a_flag_allowed_it_clients_are_told(run_python: Run) -> None:
    code = """
import logging
logging.disable()  # the client's, that its connection has ended
with EmbeddedServer(folder, account=Account(), allow_outside=True) as server:
    for _ in range(2):
        try:
            with Client("127.0.0.1", port=server.native_port) as client:
                print(client.execute("DROP DATABASE default"))
        except Exception as error:
            print(type(error).__name__, error.code)
"""
    assert run_python(code).splitlines() == ["[]", "ServerException 81"]
