"""Roles, row policies and limits on ClickHouse's own server, with users as docs/security.md makes them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from clickhouse_driver import Client
from clickhouse_driver.clientinfo import ClientInfo
from clickhouse_driver.errors import ServerException
from standin_images import PREFIX
from testcontainers.community.clickhouse import ClickHouseContainer

from sinks.access import apply_access, missing_access
from sinks.connection import ClickHouse
from sinks.migrate import migrate, missing
from sinks.writer import Writer

pytestmark = [pytest.mark.real_clickhouse, pytest.mark.timeout(1800)]

PASSWORD = "Pa55-of-tests"
ADMIN = "admin"
AT = "'2025-06-17 12:00:00'"
VIEWS = (
    *("current_touches", "current_order_events", "current_journeys", "current_conversions"),
    *("sub_order_amounts", "conversions_with_amounts", "current_modelled_credits"),
)
TABLES = ("touches", "order_events", "journeys", "conversions", "dead_letters")
ACCESS_DENIED, READ_ONLY, CONSTRAINT_VIOLATION = 497, 164, 452
TOO_MANY_ROWS, AUTHENTICATION_FAILED = 396, 516

#: User → what it is given.
USERS = {
    "worker": "`notes_writer`",
    "alice": "`notes:b1`",
    "agency": "`notes:b1`, `notes:b2`",
    "newcomer": "`notes_analyst`",
    "officer": "`notes_eraser`",
    "checker": "`notes_verifier`",
    "scientist": "`notes_modeller`",
    "deployer": "`notes_migrator`",
}
ANALYSTS = ("alice", "agency", "newcomer")

As = Callable[[str], Client]


@pytest.fixture(scope="module")
def admin(images: dict[str, str]) -> Iterator[ClickHouse]:
    """A server whose first user may manage access, with an empty database."""
    if images["CLICKHOUSE_IMAGE"].startswith(PREFIX):
        pytest.skip(f"{images['CLICKHOUSE_IMAGE']} has no accounts, as ClickHouse's server has")
    container = ClickHouseContainer(
        images["CLICKHOUSE_IMAGE"], username=ADMIN, password=PASSWORD, dbname="default"
    )
    with container.with_env("CLICKHOUSE_DEFAULT_ACCESS_MANAGEMENT", "1"):
        yield ClickHouse(
            container.get_container_host_ip(),
            int(container.get_exposed_port(9000)),
            int(container.get_exposed_port(8123)),
            "notes",
            ADMIN,
            PASSWORD,
        )


@pytest.fixture(scope="module")
def as_user(admin: ClickHouse) -> Iterator[As]:
    """Clients of users with the roles, after access was given twice; two brands have rows from the worker."""
    migrate(admin)
    for brands in (["b1"], ["b1", "b2"]):
        assert apply_access(admin, brands)
    with admin.client() as client:
        for user, roles in USERS.items():
            profile = "SETTINGS PROFILE 'notes_analyst'" if user in ANALYSTS else ""
            identified = f"IDENTIFIED WITH sha256_password BY '{PASSWORD}'"
            client.execute(f"CREATE USER {user} {identified} {profile}")
            client.execute(f"GRANT {roles} TO {user}")
    with ExitStack() as stack:

        def client_of(user: str) -> Client:
            return stack.enter_context(Client(admin.host, admin.port, "notes", user, PASSWORD))

        worker = stack.enter_context(known_as(admin, "worker").client())
        for brand in ("b1", "b2"):
            for statement in inserts(brand):
                worker.execute(statement)
            client_of("scientist").execute(modelled(brand))
        yield client_of


def known_as(admin: ClickHouse, user: str) -> ClickHouse:
    return ClickHouse(admin.host, admin.port, admin.http_port, "notes", user, PASSWORD)


def inserts(brand: str) -> list[str]:
    """One row of each fact."""
    return [
        "INSERT INTO touches (brand_id, note_id, kind, user_id, occurred_at)"
        f" SELECT '{brand}', 'n', 'view', 'u', {AT}",
        "INSERT INTO order_events (kind, brand_id, sub_order_id, txn_id, amount_fen, occurred_at)"
        f" SELECT 'PAY', '{brand}', 's-{brand}', 't-{brand}', 5, {AT}",
        "INSERT INTO conversions (brand_id, sub_order_id, paid_at, version)"
        f" SELECT '{brand}', 's-{brand}', {AT}, 1",
        "INSERT INTO dead_letters (topic, partition, offset, reason)"
        f" SELECT 'note-views', 0, {ord(brand[-1])}, 'undecodable'",
    ]


def modelled(brand: str) -> str:
    """One run of `zhongcao attribute`."""
    return (
        "INSERT INTO modelled_credits (brand_id, model, dimension, lookback_days, computed_at, `credits.channel`,"
        " `credits.removal_effect`, `credits.sub_orders`, `credits.gross_fen`, `credits.refunded_fen`)"
        f" SELECT '{brand}', 'markov', 'note', 30, {AT}, ['n'], [1.], [1.], [5], [0]"
    )


def code_of(client: Client, statement: str) -> int:
    with pytest.raises(ServerException) as refused:
        client.execute(statement)
    code: int = refused.value.code
    return code


def brands_in(client: Client, view: str) -> list[str]:
    return [
        brand for (brand,) in client.execute(f"SELECT DISTINCT brand_id FROM {view} ORDER BY 1")
    ]


def test_a_worker_writes_and_knows_the_migrations(as_user: As, admin: ClickHouse) -> None:
    as_user("worker")
    with Writer(known_as(admin, "worker")) as writer:
        writer.ping()
    assert missing(known_as(admin, "worker")) == []
    with admin.client() as client:
        assert brands_in(client, "journeys") == ["b1", "b2"]


def test_a_worker_can_do_nothing_else(as_user: As) -> None:
    worker = as_user("worker")
    for name in (*TABLES, *VIEWS):
        assert code_of(worker, f"SELECT count() FROM {name}") == ACCESS_DENIED, name
    for statement in (
        "DROP TABLE touches",
        "TRUNCATE TABLE touches",
        "ALTER TABLE touches DELETE WHERE 1",
    ):
        assert code_of(worker, statement) == ACCESS_DENIED, statement


@pytest.mark.parametrize(
    ("user", "seen"), [("newcomer", []), ("alice", ["b1"]), ("agency", ["b1", "b2"])]
)
@pytest.mark.parametrize("view", VIEWS)
def test_an_analyst_sees_the_brands_that_were_given(
    as_user: As, view: str, user: str, seen: list[str]
) -> None:
    assert brands_in(as_user(user), view) == seen


def test_an_analyst_reads_no_table_and_changes_nothing(as_user: As) -> None:
    alice = as_user("alice")
    for name in (*TABLES, "current_dead_letters", "schema_migrations"):
        assert code_of(alice, f"SELECT count() FROM {name}") == ACCESS_DENIED, name
    for statement in (*inserts("b1"), "DROP VIEW current_touches", "CREATE DATABASE mine"):
        assert code_of(alice, statement) in (ACCESS_DENIED, READ_ONLY), statement


@pytest.mark.parametrize("other", ["agency", ADMIN, "notes_views"])
def test_an_analyst_gains_nothing_by_pretending_to_be_another(
    as_user: As, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, write = as_user("alice"), ClientInfo.write

    def pretend(info: ClientInfo, *args: Any) -> None:
        """As a server does that passes on the query of another user."""
        info.query_kind = ClientInfo.QueryKind.SECONDARY_QUERY
        info.initial_user = other
        write(info, *args)

    monkeypatch.setattr(ClientInfo, "write", pretend)
    assert set(brands_in(alice, "current_touches")) <= {"b1"}


@pytest.mark.parametrize("first", ["SELECT 1", "SET ROLE NONE"])
def test_an_analyst_cannot_raise_a_limit(as_user: As, first: str) -> None:
    alice = as_user("alice")
    alice.execute(first)
    for setting in ("max_execution_time = 0", "max_memory_usage = 0", "readonly = 0"):
        assert code_of(alice, f"SET {setting}") in (READ_ONLY, CONSTRAINT_VIOLATION), setting
    assert code_of(alice, "SELECT * FROM numbers(1000001)") == TOO_MANY_ROWS


def test_without_the_role_nothing_is_seen(as_user: As) -> None:
    alice = as_user("alice")
    alice.execute("SET ROLE NONE")
    assert code_of(alice, "SELECT count() FROM current_touches") == ACCESS_DENIED


def test_the_others_do_what_they_are_for(as_user: As, admin: ClickHouse) -> None:
    as_user("officer").execute("ALTER TABLE touches DELETE WHERE user_id = 'nobody'")
    checker = as_user("checker")
    assert brands_in(checker, "current_touches") == ["b1", "b2"]
    for statement in (
        "CREATE DATABASE notes_verify_1",
        "CREATE TABLE notes_verify_1.touches AS notes.touches",
        "DROP DATABASE notes_verify_1",
    ):
        checker.execute(statement)
    assert code_of(checker, "CREATE DATABASE other") == ACCESS_DENIED
    assert migrate(known_as(admin, "deployer")) == []


def test_what_differs_is_told_and_mended(as_user: As, admin: ClickHouse) -> None:
    as_user("alice")
    assert missing_access(admin) == []
    with admin.client() as client:
        for statement in (
            "REVOKE INSERT ON notes.touches FROM notes_writer",
            "GRANT SELECT ON notes.touches TO notes_writer",
            "ALTER ROW POLICY `notes:b1` ON notes.current_touches USING 1",
            "DROP ROW POLICY notes_no_brand ON notes.current_journeys",
            "DROP QUOTA notes_analyst",
        ):
            client.execute(statement)
    assert missing_access(admin) == [
        "quota notes_analyst is missing",
        "notes_writer lacks INSERT ON notes.touches",
        "notes_writer has more than it should: SELECT ON notes.touches",
        "row policy notes_no_brand is missing on current_journeys",
        "row policy notes:b1 is not as this version has it on current_touches",
    ]
    apply_access(admin, ["b1"])
    assert missing_access(admin) == []


def test_the_owner_of_the_views_cannot_log_in(as_user: As, admin: ClickHouse) -> None:
    as_user("alice")
    with Client(admin.host, admin.port, "notes", "notes_views", "") as client:
        assert code_of(client, "SELECT 1") == AUTHENTICATION_FAILED
