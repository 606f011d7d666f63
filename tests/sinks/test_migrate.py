from dataclasses import replace

import pytest

from schemas.errors import SinkRejected
from sinks.migrate import check_server, migrate
from sinks.schema import Migration, Schema, load_migrations
from sinks.statements import change_code, condition_of, split_statements

FIRST = Migration("0001_a", "CREATE TABLE IF NOT EXISTS a (n Int8) ENGINE = Memory;")
SECOND = Migration("0002_b", "CREATE TABLE IF NOT EXISTS b (n Int8) ENGINE = Memory;")


def names(connection, table="schema_migrations FINAL"):
    with connection.client() as client:
        return [name for (name,) in client.execute(f"SELECT name FROM {table} ORDER BY name")]


def test_each_migration_is_applied_once_in_order(empty_database):
    assert migrate(empty_database, Schema([SECOND, FIRST])) == ["applied 0001_a", "applied 0002_b"]
    assert migrate(empty_database, Schema([FIRST, SECOND])) == []
    assert names(empty_database) == ["0001_a", "0002_b"]


def test_new_migrations_are_added_to_those_applied(empty_database):
    migrate(empty_database, Schema([FIRST]))
    assert migrate(empty_database, Schema([FIRST, SECOND])) == ["applied 0002_b"]


def test_a_migration_cut_short_is_applied_again(empty_database):
    broken = replace(SECOND, sql=SECOND.sql + "CREATE TABLE c (no_type) ENGINE = Nonsense;")
    with pytest.raises(SinkRejected, match="migration"):
        migrate(empty_database, Schema([FIRST, broken]))
    assert names(empty_database) == ["0001_a"]
    assert migrate(empty_database, Schema([FIRST, SECOND])) == ["applied 0002_b"]


def test_an_edited_migration_is_refused_by_name(empty_database):
    migrate(empty_database, Schema([FIRST, SECOND]))
    edited = replace(FIRST, sql=FIRST.sql.replace("Int8", "Int16"))
    with pytest.raises(SinkRejected, match=r"other files than these: 0001_a\. Never edit"):
        migrate(empty_database, Schema([edited, SECOND]))


def test_a_database_of_a_newer_version_is_refused(empty_database):
    migrate(empty_database, Schema([FIRST, SECOND]))
    with pytest.raises(SinkRejected, match=r"does not know: 0002_b\. Run the version"):
        migrate(empty_database, Schema([FIRST]))


def test_a_database_name_may_need_quotes(empty_database):
    name = f"{empty_database.database}-种草"
    try:
        assert migrate(replace(empty_database, database=name), Schema([FIRST])) == [
            "applied 0001_a"
        ]
    finally:
        with empty_database.client(database="") as client:
            client.execute(f"DROP DATABASE `{name}`")


@pytest.mark.parametrize("version", ["24.8.1.5", "24.10.2", "26.9.2.1"])
def test_servers_with_all_that_the_views_need_are_taken(version):
    check_server(version)


@pytest.mark.parametrize("version", ["24.2.9.1", "23.12.1"])
def test_older_servers_are_refused_with_the_version_that_is_needed(version):
    with pytest.raises(SinkRejected, match=rf"{version} is too old.*24\.8"):
        check_server(version)


@pytest.mark.parametrize(
    ("sql", "statements"),
    [
        ("", []),
        ("-- only a comment; no statement\n", []),
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1;\n\nSELECT 2;\n", ["SELECT 1", "SELECT 2"]),
        ("SELECT ';' ; SELECT 2", ["SELECT ';'", "SELECT 2"]),
        (r"SELECT 'it\'s; one'; SELECT 2", [r"SELECT 'it\'s; one'", "SELECT 2"]),
        ("SELECT 'it''s; one'; SELECT 2", ["SELECT 'it''s; one'", "SELECT 2"]),
        ('SELECT "a;b", `c;d`', ['SELECT "a;b", `c;d`']),
        ("SELECT 1 /* a; 'b */; SELECT 2", ["SELECT 1 /* a; 'b */", "SELECT 2"]),
        ("-- it's; a comment\nSELECT 4 - 3 / 1;", ["-- it's; a comment\nSELECT 4 - 3 / 1"]),
    ],
)
def test_statements_are_cut_at_semicolons_outside_quotes_and_comments(sql, statements):
    assert split_statements(sql) == statements


def test_files_are_numbered_from_one_without_gaps():
    numbers = [int(migration.name[:4]) for migration in load_migrations()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_files_can_be_applied_again_and_name_no_database(empty_database):
    migrate(empty_database)
    with empty_database.client() as client:
        for migration in load_migrations():
            for statement in migration.statements:
                condition = condition_of(statement)
                if condition is None or client.execute(condition.found):
                    client.execute(statement)
                code = change_code(statement, str.upper)
                assert "ZHONGCAO" not in code, migration.name


def test_line_ends_of_a_checkout_do_not_change_a_checksum():
    windows = replace(FIRST, sql="SELECT 1\r\n")
    assert windows.checksum == replace(FIRST, sql="SELECT 1\n").checksum != FIRST.checksum
