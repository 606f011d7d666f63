"""What HTTP refuses: errors by status and code, and whatever a web page could have sent."""

import gzip
import http.client

import pytest
from clickhouse_driver import Client
from embedded_clients import Request


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/?query=SELECT+*+FROM+nope", None, 404, 60),
        ("GET", "/?query=SELEC", None, 400, 62),
        ("POST", "/", "", 400, 62),
        ("POST", "/", "SELECT 1; SELECT 2", 400, 62),
        ("GET", "/?query=SELECT+1&nope=1", None, 404, 115),
        ("GET", "/?query=SELECT+1&database=nope", None, 404, 81),
        ("GET", "/?query=SELECT+1&user=bob", None, 403, 516),
        ("GET", "/?query=SELECT+throwIf(1)", None, 500, 395),
        ("GET", "/?query=CREATE+TABLE+t+(a+Int8)+ENGINE+Memory", None, 500, 164),
        ("POST", "/", "SELECT 1 INTO OUTFILE 'x'", 500, 358),
        ("POST", "/?query=INSERT+INTO+c+VALUES", "(-1)", 500, 469),
        ("POST", "/?query=INSERT+INTO+c+FORMAT+TSV", "x\n", 400, 27),
    ],
)
def test_errors(
    request_http: Request, client: Client, method: str, path: str, body: str, status: int, code: int
) -> None:
    client.execute("CREATE TABLE c (a Int8, CONSTRAINT p CHECK a > 0) ENGINE = Memory")
    reply = request_http(method, path, body)
    assert reply.status == status
    assert reply.headers["X-ClickHouse-Exception-Code"] == str(code)
    assert reply.text.startswith(f"Code: {code}. DB::Exception: ")
    assert client.execute("SELECT count() FROM c") == [(0,)]


def test_a_compressed_body_that_ends_too_early_inserts_nothing(
    request_http: Request, client: Client
) -> None:
    client.execute("CREATE TABLE c (a Int8) ENGINE = Memory")
    body = gzip.compress(b"1\n2\n")
    for cut in (body[:-1], body[:12], body + body[:12]):
        reply = request_http(
            "POST", "/?query=INSERT+INTO+c+FORMAT+TSV", cut, Content_Encoding="gzip"
        )
        assert (reply.status, reply.headers["X-ClickHouse-Exception-Code"]) == (500, "89")
        assert "it ends too early" in reply.text
    assert client.execute("SELECT count() FROM c") == [(0,)]


def test_an_error_in_the_middle_breaks_the_result_off(request_http: Request) -> None:
    sql = "SELECT throwIf(number = 3000000) FROM numbers(4000000)"
    with pytest.raises(http.client.IncompleteRead):
        request_http("POST", "/", sql)
    assert request_http("POST", "/?wait_end_of_query=1", sql).status == 500


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "shop.example"},
        {"Host": "127.0.0.1.shop.example:8123"},
        {"Origin": "http://shop.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_web_pages_are_refused(request_http: Request, headers: dict[str, str]) -> None:
    for method, path in (("GET", "/ping"), ("GET", "/?query=SELECT+1"), ("POST", "/")):
        reply = request_http(method, path, "SELECT 1" if method == "POST" else None, **headers)
        assert reply.status == 403
        assert reply.text.startswith("Forbidden: ")


def test_this_machines_names_are_served(request_http: Request) -> None:
    for host in ("localhost", "localhost:8123", "[::1]:8123"):
        assert request_http("GET", "/?query=SELECT+1", Host=host).text == "1\n"


def test_a_line_break_cannot_make_a_header(request_http: Request) -> None:
    reply = request_http("GET", "/?query=SELECT+1&query_id=a%0d%0aX-Made-Up:%201")
    assert "X-Made-Up" not in reply.headers
