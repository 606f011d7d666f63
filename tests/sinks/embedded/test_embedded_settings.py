"""Settings of a query end with it; SET, USE and temporary tables last as long as the connection."""

import pytest
from clickhouse_driver import Client
from clickhouse_driver.errors import ServerException
from embedded_clients import Connect

THREADS = "SELECT getSetting('max_threads')"


def test_a_querys_settings_are_gone_after_it(client: Client) -> None:
    client.execute("SET max_threads = 3")
    assert client.execute(THREADS, settings={"max_threads": 7}) == [(7,)]
    assert client.execute(THREADS) == [(3,)]


def test_set_leaves_nothing_of_its_own_querys_settings(client: Client) -> None:
    client.execute("SET max_threads = 3", settings={"max_block_size": 11})
    assert client.execute(THREADS, settings={"max_block_size": 12}) == [(3,)]
    assert client.execute("SELECT getSetting('max_block_size') > 12") == [(1,)]


def test_even_readonly_is_gone_after_it(client: Client, database: str) -> None:
    client.execute("SET max_threads = 3")
    with pytest.raises(ServerException) as error:
        client.execute("CREATE TABLE t (x Int8) ENGINE = Memory", settings={"readonly": 1})
    assert error.value.code == 164
    assert client.execute("SELECT 1", settings={"readonly": 1}) == [(1,)]
    client.execute("CREATE TABLE t (x Int8) ENGINE = Memory")
    assert client.execute("SELECT currentDatabase()") == [(database,)]


def test_an_unknown_setting_counts_only_when_it_is_important(connect: Connect) -> None:
    assert connect().execute("SELECT 1", settings={"nope": 1}) == [(1,)]
    with pytest.raises(ServerException) as error:
        connect(settings_is_important=True).execute("SELECT 1", settings={"nope": 1})
    assert error.value.code == 115


def test_connections_do_not_share_their_state(connect: Connect, database: str) -> None:
    one, other = connect(), connect()
    one.execute("SET max_threads = 3")
    one.execute("CREATE TEMPORARY TABLE mine (x Int8)")
    one.execute("USE system")
    assert one.execute("SELECT count() FROM mine") == [(0,)]
    assert other.execute("SELECT currentDatabase()") == [(database,)]
    assert other.execute(THREADS) != [(3,)]
    with pytest.raises(ServerException) as error:
        other.execute("SELECT count() FROM mine")
    assert error.value.code == 60
