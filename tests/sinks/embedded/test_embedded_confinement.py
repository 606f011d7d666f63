"""A client reaches what is in the folder, and nothing of the machine around it, whatever way it is written."""

from contextlib import suppress
from pathlib import Path

import pytest
from clickhouse_driver import Client
from clickhouse_driver.errors import ServerException
from embedded_clients import Connect, Request, Run

from sinks.embedded.confinement import TABLE_FUNCTIONS, Confinement
from sinks.embedded.errors import QueryError

#: 497: no right; 395: the function that hides `file`; 452: a setting that nobody may change; 62: no statement.
REFUSED = {497, 395, 452, 62}

LEAVING = (
    "SELECT * FROM file('{secret}', 'LineAsString')",
    "SELECT * FROM /**/ `fi\\x6ce` /* */ ('{secret}', 'LineAsString')",
    "DESCRIBE file('{secret}')",
    "SELECT * FROM _files.`{secret}`",
    "SELECT file('{secret}')",
    "SELECT \"file\"  ('{secret}')",
    "SELECT “file”('{secret}')",
    "SELECT arrayMap(file, ['{secret}'])",
    "SELECT * APPLY file FROM (SELECT '{secret}' AS path)",
    "SELECT b FROM generateRandom(concat('a Int8, b String ALIAS fi', 'le(\\'{secret}\\')')) LIMIT 1",
    "SELECT * FROM format(JSONEachRow, 'a UInt8, b String DEFAULT file(\\'{secret}\\')', '{{\"a\": 1}}')",
    "SELECT 1 SETTINGS additional_result_filter = 'throwIf(1, file(\\'{secret}\\'))'",
    "SELECT 1 SETTINGS filter = '0 < (SELECT count() FROM python(client))'",
    "SELECT 1 SETTINGS select = '(SELECT count() FROM python(client))'",
    "SELECT 1 SETTINGS `order` = '(SELECT count() FROM python(client))'",
    "SELECT 1 FORMAT Template SETTINGS format_template_row = '{secret}'",
    "SET format_template_resultset = '{secret}'",
    "INSERT INTO FUNCTION file('{out}', 'CSV', 'x String') SELECT 'x'",
    "INSERT INTO FUNCTION file('{out}', 'CSV', 'x String') VALUES ('x')",
    "CREATE TABLE t (x String) ENGINE = File(CSV, '{out}')",
    "CREATE TABLE t (x String) ENGINE = EmbeddedRocksDB(0, '{out}') PRIMARY KEY x",
    "CREATE TABLE t (x String) ENGINE = Executable('x', 'CSV')",
    "CREATE TABLE t (x Int8) ENGINE = Log SETTINGS disk = disk(type = 'web', endpoint = 'http://[::1]:1/')",
    "CREATE DATABASE d ENGINE = Filesystem('/')",
    "CREATE DICTIONARY d (k UInt64) PRIMARY KEY k SOURCE(FILE(PATH '{secret}' FORMAT 'TSV')) LAYOUT(FLAT())",
    "CREATE FUNCTION f AS x -> x",
    "DROP FUNCTION file",
    "CREATE NAMED COLLECTION c AS url = 'http://127.0.0.1:1/'",
    "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'x String')",
    "SELECT * FROM remote('127.0.0.1:1', system.one)",
    "SELECT * FROM mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
    "SELECT * FROM python(client)",
    "BACKUP DATABASE system TO File('{out}')",
    "RESTORE DATABASE d FROM File('{out}')",
    "SYSTEM SHUTDOWN",
    "SYSTEM STOP MERGES",
    "SELECT 1 PARALLEL WITH SYSTEM SHUTDOWN",
    "ATTACH TABLE t FROM '{folder}' (x Int8) ENGINE = MergeTree ORDER BY x",
    "ATTACH /**/ TABLE IF NOT EXISTS t from '{folder}' (x Int8) ENGINE = Log",
    "SELECT 1 PARALLEL WITH ATTACH TABLE t FROM '{folder}' (x Int8) ENGINE = MergeTree ORDER BY x",
    "ATTACH DATABASE d UUID '11111111-1111-1111-1111-111111111111' ENGINE = Atomic",
    "ATTACH TABLE t",
    "DETACH TABLE t",
    "COPY t TO x",
    "EXECUTE AS default SELECT 1",
)  # fmt: skip

HARMLESS = (
    "SELECT file, engine = name FROM (SELECT 'url(''x'') INTO OUTFILE ''y''' AS file, 1 AS engine, 2 AS name) -- s3()",
    "WITH file AS (SELECT 1 AS disk) SELECT disk FROM file WHERE disk IN (1)",
    "SELECT format('{{}} {{}}', 'remote(1)', 'SYSTEM SHUTDOWN'), $$file('/etc/passwd')$$",
    "SELECT count() FROM system.tables WHERE engine = 'File' OR name IN ('url', 'disk')",
    "SELECT 1 AS system UNION ALL SELECT 2",
    "(SELECT 1 AS attach) UNION ALL (SELECT 2)",
    "EXPLAIN AST ATTACH TABLE t",
)  # fmt: skip


@pytest.fixture
def outside(tmp_path: Path) -> dict[str, str]:
    secret = tmp_path / "secret.csv"
    secret.write_text("s3cret\n")
    return {"secret": str(secret), "out": str(tmp_path / "out"), "folder": str(tmp_path)}


@pytest.mark.parametrize("sql", LEAVING)
def test_nothing_leaves_the_folder(
    client: Client, request_http: Request, outside: dict[str, str], sql: str
) -> None:
    statement = sql.format(**outside)
    with pytest.raises(ServerException) as refused:
        client.execute(statement)
    over_http = request_http("POST", "/", statement.encode())
    assert refused.value.code in REFUSED
    assert int(over_http.headers["X-ClickHouse-Exception-Code"]) in REFUSED
    assert "s3cret" not in str(refused.value) + over_http.text
    assert not Path(outside["out"]).exists()
    assert Path(outside["secret"]).exists()


@pytest.mark.parametrize("name", ["python", "`python`", "PYTHON", "`odd name`"])
def test_a_function_is_known_by_its_name(name: str) -> None:
    """As the engine's parser writes it: in quotes where it needs them."""
    with pytest.raises(QueryError, match=r"\(\) is not allowed"):
        Confinement(("python", "odd name")).check(f"SELECT * FROM {name}(client)")


@pytest.mark.parametrize(
    "canonical", ["SELECT 1 INTO OUTFILE 'x'", "INSERT INTO t (x) FROM INFILE 'x' FORMAT CSV"]
)
def test_files_of_the_client_are_not_those_of_the_server(canonical: str) -> None:
    """Such clauses are the client's business, and are cut off before; one that was overlooked does not get through."""
    with pytest.raises(QueryError, match="FILE is not allowed") as refused:
        Confinement(()).check(canonical)
    assert refused.value.code == 497


@pytest.mark.parametrize(
    "sql", ["SELECT ‘'’ INTO OUTFILE '{out}'", "INSERT INTO `x'` (“x'”) FROM INFILE '{secret}' FORMAT CSV"]
)  # fmt: skip
def test_quotes_do_not_hide_them(client: Client, outside: dict[str, str], sql: str) -> None:
    client.execute("CREATE TABLE `x'` (`x'` String) ENGINE = Memory")
    with suppress(ServerException):
        client.execute(sql.format(**outside))
    assert not Path(outside["out"]).exists()
    assert client.execute("SELECT count() FROM `x'`") == [(0,)]


def test_every_other_table_function_is_refused(client: Client) -> None:
    names = [name for (name,) in client.execute("SELECT name FROM system.table_functions")]
    assert len(names) > 50
    for name in set(names) - TABLE_FUNCTIONS:
        with pytest.raises(ServerException, match="--allow-outside") as refused:
            client.execute(f"SELECT * FROM {name}()")
        assert refused.value.code == 497, name


@pytest.mark.parametrize("sql", HARMLESS)
def test_what_only_looks_like_it_is_answered(
    client: Client, request_http: Request, sql: str
) -> None:
    assert client.execute(sql.format())
    assert request_http("POST", "/", sql.format().encode()).status == 200


def test_tables_whose_names_look_like_it(client: Client) -> None:
    client.execute("CREATE TABLE file (url String, disk Int8) ENGINE = MergeTree ORDER BY disk")
    client.execute("INSERT INTO file (url, disk) VALUES", [("INTO OUTFILE 'x'", 1)])
    client.execute("INSERT INTO file (url, disk) VALUES ('from infile', 2)")
    assert client.execute("SELECT count() FROM file") == [(2,)]


def test_the_working_directory_is_no_database(connect: Connect) -> None:
    with pytest.raises(ServerException) as refused:
        connect(database="default").execute("SELECT * FROM `pyproject.toml`")
    assert refused.value.code == 60


def test_a_flag_allows_it(run_python: Run, outside: dict[str, str]) -> None:
    code = f"""
for allowed in (False, True, False):
    with EmbeddedServer(folder, account=Account(), allow_outside=allowed) as server:
        with Client("127.0.0.1", port=server.native_port) as client:
            for sql in ("SELECT file('{outside["secret"]}')", "SYSTEM FLUSH LOGS",
                        "SELECT * FROM file('{outside["secret"]}', 'LineAsString')"):
                try:
                    print(client.execute(sql))
                except Exception as error:
                    print("--allow-outside" in str(error))
"""
    assert run_python(code).splitlines() == [
        *["True"] * 3, "[('s3cret\\n',)]", "[]", "[('s3cret',)]", *["True"] * 3,
    ]  # fmt: skip


def test_tables_of_before_are_found_in_the_default_database(run_python: Run) -> None:
    """chDB alone keeps them in a database of its own, which shows files as well."""
    made = """
from chdb.session import Session
folder.mkdir()
session = Session(str(folder / "clickhouse"))
session.query("CREATE TABLE t ENGINE = MergeTree ORDER BY x AS SELECT 7 AS x")
session.close()
"""
    run_python(made)
    served = """
for _ in range(2):
    with EmbeddedServer(folder, account=Account()) as server, Client("127.0.0.1", port=server.native_port) as client:
        print(client.execute("SELECT * FROM t"))
"""
    assert run_python(served).splitlines() == ["[(7,)]"] * 2
