"""Telling statements apart, as a table."""

import pytest

from sinks.embedded.errors import QueryError
from sinks.embedded.statements import Kind, column_names, parse


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELECT 1", Kind.SELECT),
        ("  -- x\n/* INSERT */ select 1", Kind.SELECT),
        ("(SELECT 1)", Kind.SELECT),
        ("FROM t SELECT x", Kind.SELECT),
        ("WITH insert AS (SELECT 1) SELECT 1", Kind.SELECT),
        ("WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", Kind.OTHER),
        ("INSERT INTO t SELECT 'VALUES'", Kind.OTHER),
        ("INSERT INTO t (SELECT 1)", Kind.OTHER),
        ("INSERT INTO t VALUES", Kind.INSERT),
        ("INSERT INTO values VALUES", Kind.INSERT),
        ("INSERT INTO FUNCTION file('x', 'CSV') VALUES", Kind.INSERT),
        ("EXPLAIN SELECT 1", Kind.DESCRIBE),
        ("SET a = 1", Kind.SET),
        ("CREATE TABLE t (x String COMMENT 'a; b') ENGINE = Memory;", Kind.OTHER),
        ("ALTER TABLE t ADD COLUMN format String", Kind.OTHER),
    ],
)
def test_kinds(sql: str, kind: Kind) -> None:
    assert parse(sql).kind is kind


@pytest.mark.parametrize(
    ("sql", "left", "fmt"),
    [
        ("SELECT 1 FORMAT JSON", "SELECT 1", "JSON"),
        ("SELECT 1 FORMAT JSON;", "SELECT 1", "JSON"),
        ("SELECT 1 FORMAT JSON SETTINGS a = 1", "SELECT 1\n SETTINGS a = 1", "JSON"),
        ("SELECT format FROM t", "SELECT format FROM t", None),
        ("SELECT 'x FORMAT JSON'", "SELECT 'x FORMAT JSON'", None),
        ("SELECT 1 INTO OUTFILE 'f' FORMAT CSV", "SELECT 1", "CSV"),
        ("SELECT 1 INTO OUTFILE 'f'", "SELECT 1", None),
        ("SELECT $$;$$, $a$ ; $a$ ;", "SELECT $$;$$, $a$ ; $a$", None),
    ],
)
def test_what_is_the_clients_business_is_cut(sql: str, left: str, fmt: str | None) -> None:
    statement = parse(sql)
    assert statement.sql.strip() == left
    assert statement.format == fmt


@pytest.mark.parametrize(
    ("sql", "head", "settings", "table", "columns", "fmt", "data"),
    [
        ("INSERT INTO t VALUES", "INSERT INTO t", "", "t", None, "Values", ""),
        ("insert t values;", "insert t", "", "t", None, "Values", ""),
        ("INSERT INTO t(a)VALUES(1)", "INSERT INTO t(a)", "", "t", "a", "Values", "(1)"),
        ("INSERT INTO `a b`.\"c\" (x, y) SETTINGS s = 1 VALUES", "INSERT INTO `a b`.\"c\" (x, y)",
         "SETTINGS s = 1", "`a b`.\"c\"", "x, y", "Values", ""),
        ("INSERT INTO FUNCTION f(1, g(2)) (x) FORMAT CSV\n\t1\n\n", "INSERT INTO FUNCTION f(1, g(2)) (x)",
         "", "f(1, g(2))", "x", "CSV", "\t1\n\n"),
        ("INSERT INTO t FORMAT CSV SETTINGS a = 'x', b = 2 \n1\n", "INSERT INTO t",
         "SETTINGS a = 'x', b = 2", "t", None, "CSV", "1\n"),
        ("INSERT INTO {x:Identifier} VALUES", "INSERT INTO {x:Identifier}", "", "{x:Identifier}",
         None, "Values", ""),
    ],
)  # fmt: skip
def test_inserts(
    sql: str, head: str, settings: str, table: str, columns: str | None, fmt: str, data: str
) -> None:
    insert = parse(sql).insert
    assert insert is not None
    assert (insert.head, insert.settings.strip(), insert.table) == (head, settings, table)
    assert (insert.columns, insert.format, insert.data) == (columns, fmt, data)


@pytest.mark.parametrize("sql", ["", ";", " -- x", "/* x", "SELECT 1; SELECT 2", "\\q", "?"])
def test_no_statement_or_several(sql: str) -> None:
    with pytest.raises(QueryError) as error:
        parse(sql)
    assert error.value.code == 62


def test_column_lists() -> None:
    assert column_names('a, `b c`, n.x, "d``e", `f``g`') == ["a", "b c", "n.x", "d``e", "f`g"]
    assert column_names("") == []
    assert column_names("* EXCEPT(a)") is None
