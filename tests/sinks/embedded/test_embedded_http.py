"""The HTTP interface, as curl and BI tools use it."""

import gzip
import json
from urllib.parse import urlencode

import pytest
from clickhouse_driver import Client
from embedded_clients import Request


def test_health_checks(request_http: Request) -> None:
    for path in ("/", "/ping", "/replicas_status"):
        assert request_http("GET", path)[::2] == (200, "Ok.\n")
    assert request_http("GET", "/elsewhere").status == 404


def test_a_query_in_the_url_or_in_the_body(request_http: Request) -> None:
    by_url = request_http("GET", "/?query=SELECT+1,+'a'")
    assert by_url.text == "1\ta\n"
    assert by_url.headers["Content-Type"] == "text/tab-separated-values; charset=UTF-8"
    assert by_url.headers["X-ClickHouse-Format"] == "TabSeparated"
    as_json = request_http("POST", "/", "SELECT 1 AS x FORMAT JSON")
    assert json.loads(as_json.text)["data"] == [{"x": 1}]
    assert as_json.headers["Content-Type"] == "application/json; charset=UTF-8"


def test_parameters_and_settings(request_http: Request) -> None:
    url = "/?" + urlencode(
        {
            "param_s": "a'b",
            "param_n": "5",
            "max_threads": "3",
            "default_format": "JSONCompactEachRow",
            "query": "SELECT {s:String}, {n:Int32}, getSetting('max_threads')",
        }
    )
    assert json.loads(request_http("GET", url).text) == ["a'b", 5, 3]


@pytest.mark.parametrize("fmt", ["TSVWithNames", "CSVWithNames", "JSONCompactEachRowWithNames"])
@pytest.mark.parametrize("wait", [0, 1])
def test_a_large_result_has_its_header_once(request_http: Request, fmt: str, wait: int) -> None:
    reply = request_http(
        "POST",
        f"/?default_format={fmt}&wait_end_of_query={wait}&max_block_size=10000",
        "SELECT number AS n FROM numbers(200000)",
    )
    lines = reply.text.splitlines()
    assert len(lines) == 200_001
    assert json.loads(f"[{lines[-1].strip('[]')}]".replace('"', "")) == [199_999]
    assert ("Content-Length" in reply.headers) == bool(wait)


def test_an_empty_result_keeps_its_header(request_http: Request) -> None:
    assert request_http("POST", "/", "SELECT 1 AS x WHERE 0 FORMAT CSVWithNames").text == '"x"\n'


@pytest.mark.parametrize(
    ("url", "body", "data"),
    [
        ("/?query=INSERT+INTO+t+VALUES", "(1),(2)", None),
        ("/?query=INSERT+INTO+t+FORMAT+CSV", "1\n2\n", None),
        ("/", "INSERT INTO t FORMAT TSV\n1\n2\n", None),
        ("/", 'INSERT INTO t FORMAT JSONEachRow {"a": 1}\n\n{"a": 2}', None),
        ("/", b"INSERT INTO t FORMAT RowBinary\n\x01\x02", None),
        ("/?query=INSERT+INTO+t+FORMAT+CSV", gzip.compress(b"1\n2\n", mtime=0), "gzip"),
        (
            "/?query=INSERT+INTO+t+FORMAT+CSV",
            gzip.compress(b"1\n", mtime=0) + gzip.compress(b"2\n", mtime=0),
            "gzip",
        ),
        ("/?query=INSERT+INTO+{x:Identifier}+FORMAT+CSV&param_x=t", "1\n2\n", None),
        ("/", "INSERT INTO t SELECT number + 1 FROM numbers(2)", None),
    ],
)
def test_inserts(
    request_http: Request, client: Client, url: str, body: str | bytes, data: str | None
) -> None:
    client.execute("CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a")
    headers = {"Content_Encoding": data} if data else {}
    reply = request_http("POST", url, body, **headers)
    assert reply[::2] == (200, "")
    assert client.execute("SELECT a FROM t ORDER BY a") == [(1,), (2,)]


def test_a_chunked_body(request_http: Request, client: Client) -> None:
    client.execute("CREATE TABLE t (a Int32) ENGINE = MergeTree ORDER BY a")
    pieces = (b"%d\n" % number for number in range(1000))
    assert request_http("POST", "/?query=INSERT+INTO+t+FORMAT+CSV", pieces).status == 200
    assert client.execute("SELECT count(), sum(a) FROM t") == [(1000, 499_500)]
