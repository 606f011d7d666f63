import io
import socket
from dataclasses import replace

import pytest
from sink_rows import block

from schemas.errors import QueryError, SinkUnavailable
from sinks.connection import ClickHouse
from sinks.http import run_query


def run(connection, query, *output_format):
    output = io.BytesIO()
    run_query(connection, query, output, *output_format)
    return output.getvalue()


def test_a_result_is_tab_separated_with_names_unless_told_otherwise(fresh_database):
    assert run(fresh_database, "SELECT 1 AS n, '种草' AS text") == "n\ttext\n1\t种草\n".encode()


def test_a_result_comes_in_the_format_asked_for(fresh_database):
    assert run(fresh_database, "SELECT 1 AS n", "JSONEachRow") == b'{"n":1}\n'


def test_the_format_of_the_query_itself_goes_first(fresh_database):
    assert run(fresh_database, "SELECT 1 AS n FORMAT CSV", "JSONEachRow") == b"1\n"


def test_the_query_runs_in_the_connections_database(fresh_database, writer):
    writer.insert(block("touches", {}))
    assert run(fresh_database, "SELECT count() FROM current_touches", "TSV") == b"1\n"


def test_a_refused_query_raises_with_the_servers_code_and_writes_nothing(fresh_database):
    output = io.BytesIO()
    with pytest.raises(QueryError, match="no_such_table") as caught:
        run_query(fresh_database, "SELECT * FROM no_such_table", output)
    assert caught.value.code == 60
    assert output.getvalue() == b""


def test_nobody_listening_is_unavailable():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(SinkUnavailable, match=str(port)):
        run(replace(ClickHouse(), http_port=port), "SELECT 1")
