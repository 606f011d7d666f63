"""The statements that say who may do what: whole, parsable, quoted, and about every table and view."""

import re
from typing import Self

import pytest
from clickhouse_driver.errors import ServerException

from schemas.errors import SettingsError, SinkRejected
from sinks.access import apply_access
from sinks.access.apply import of_brands, scratch_statements, statements
from sinks.connection import ClickHouse
from sinks.quoting import escaped
from sinks.retry import RetryPolicy
from sinks.tables import TABLES

ODD = '种草`\'\\ "x";--\n{brand}'
#: Nobody reads or writes it: what it does, it does in the name of its definer.
GRANTED_TO_NOBODY = {"journey_entries", "click_entries", "days_of_touches", "days_of_orders"}
#: The views in whose name it is read and written alone.
OF_VIEWS = {"event_days"}
#: What `migrate` notes.
NOTED = {"schema_migrations", "schema_views"}
#: No person is in it, and workers do not write it.
MODELLED = {"modelled_credits"}
#: No person is in it, and `zhongcao rebuild` writes it.
REBUILT = {"rebuilds"}
NO_BRAND = {"current_dead_letters"}
#: There is no person in it.
OF_NOBODY = {"progress"}
#: They run in the name of whoever asks.
WITH_PARAMETERS = {
    *("attribution_credits", "credits_by_model", "attribution", "journey_steps", "funnel"),
    *("order_paths", "paths", "time_to_purchase", "direct_and_halo", "explain"),
    *("reconciliation", "bridge", "sales"),
}
#: They show all of it to everybody.
OF_NO_BRAND = {
    "coverage",
    "coverage_by_topic",
    "dead_letters_by_day",
    "current_progress",
    "freshness",
}

PARSED = "SELECT formatQuery(%(statement)s)"


def every_statement(database: str = "zhongcao", brand: str = "b1") -> list[str]:
    return [*statements(database), *of_brands(database, [brand]), *scratch_statements(database)]


def granted(role: str) -> set[str]:
    """Tables and views that a role or user of the database zhongcao has a right on, by name."""
    grants = [
        each
        for each in statements("zhongcao")
        if re.search(rf"^GRANT\b.*\bTO `zhongcao_{role}`", each, re.DOTALL | re.MULTILINE)
    ]
    return set(re.findall(r"`zhongcao`\.(\w+)", "".join(grants)))


@pytest.fixture
def objects(fresh_database: ClickHouse) -> dict[str, bool]:
    """Table or view → is it a view?"""
    with fresh_database.client() as client:
        rows = client.execute(
            "SELECT name, engine = 'View' FROM system.tables WHERE database = currentDatabase()"
        )
    return dict(rows)


def test_every_table_and_view_was_decided_about(objects: dict[str, bool]) -> None:
    tables = (
        {name for name, is_view in objects.items() if not is_view} - GRANTED_TO_NOBODY - OF_VIEWS
    )
    views = {name for name, is_view in objects.items() if is_view}
    assert granted("writer") == {*TABLES, *NOTED}
    assert granted("analyst") == views - NO_BRAND
    assert granted("eraser") == tables - OF_NOBODY - MODELLED - REBUILT
    assert granted("modeller") == {
        *("current_touches", "current_conversions", "conversions_with_amounts"),
        *MODELLED,
        *NOTED,
    }
    assert granted("rebuilder") == {
        *("touches", "order_events", "progress", "journeys", "conversions"),
        *REBUILT,
        *NOTED,
    }
    assert granted("verifier") == tables | views


def test_every_view_of_analysts_is_closed_and_has_an_owner(objects: dict[str, bool]) -> None:
    views = granted("analyst") - WITH_PARAMETERS
    made = every_statement()
    policies = [each for each in made if "ROW POLICY" in each]
    assert len(policies) == 6
    for policy in policies:
        assert set(re.findall(r"`zhongcao`\.(\w+)", policy)) == views - OF_NO_BRAND
    owned = set(
        re.findall(
            r"^ALTER TABLE `zhongcao`\.(\w+) MODIFY SQL SECURITY DEFINER", "\n".join(made), re.M
        )
    )
    assert owned == views | GRANTED_TO_NOBODY


def test_views_are_closed_before_they_are_granted() -> None:
    made = statements("zhongcao")
    [grant] = [
        i for i, each in enumerate(made) if each.endswith("`zhongcao_analyst` WITH REPLACE OPTION")
    ]
    assert all(i < grant for i, each in enumerate(made) if "ROW POLICY" in each)


@pytest.mark.parametrize(("database", "brand"), [("zhongcao", "b1"), (ODD, ODD)])
def test_the_engine_can_parse_every_statement(
    clickhouse: ClickHouse, database: str, brand: str
) -> None:
    with clickhouse.client(database="") as client:
        for statement in every_statement(database, brand):
            client.execute(PARSED, {"statement": statement})


def test_names_with_quotes_stay_names(clickhouse: ClickHouse) -> None:
    with clickhouse.client(database="") as client:
        rows, columns = client.execute(
            f"SELECT '{escaped(ODD)}' AS `{escaped(ODD)}`", with_column_types=True
        )
    assert rows == [(ODD,)]
    assert columns == [(ODD, "String")]
    for statement in of_brands(ODD, [ODD]):
        code = re.sub(r"--.*", "", statement.replace(escaped(ODD), "x"))
        assert ODD not in code
        assert re.search(r"`x:x`|'x'", code)


def test_settings_of_the_profile_are_known_to_the_engine(clickhouse: ClickHouse) -> None:
    [profile] = [each for each in statements("zhongcao") if "SETTINGS PROFILE" in each]
    names = re.findall(r"^ +(\w+) .*(?:READONLY|MAX)", profile, re.MULTILINE)
    assert len(names) > 10
    with clickhouse.client(database="") as client:
        found = client.execute(
            "SELECT name FROM system.settings WHERE name IN %(names)s", {"names": names}
        )
    assert {name for (name,) in found} == set(names)


def test_a_limit_has_a_least_value_because_0_means_none() -> None:
    [profile] = [each for each in statements("zhongcao") if "SETTINGS PROFILE" in each]
    limits = re.findall(r"^ +max_\w+ = (\d+)(.*?),?$", profile, re.MULTILINE)
    assert len(limits) > 5
    assert all(rest == f" MIN 1 MAX {value}" for value, rest in limits)


def test_every_name_is_that_of_the_database() -> None:
    for statement in every_statement("shop_7"):
        assert "zhongcao" not in re.sub(r"--.*", "", statement)
        names = re.findall(r"`([^`]+)`", re.sub(r"--.*", "", statement))
        assert names
        assert all(name.startswith("shop_7") for name in names)


def test_no_statement_holds_a_password() -> None:
    for statement in every_statement():
        assert not re.search(r"IDENTIFIED (?!WITH sha256_hash BY '0{64}')", statement)


@pytest.mark.parametrize("brand", ["", "b" * 65])
def test_what_is_no_brand_is_refused(brand: str) -> None:
    with pytest.raises(match="is no brand_id: it must have 1 to 64 characters"):
        of_brands("zhongcao", ["b1", brand])


def test_a_brand_is_made_once() -> None:
    assert len(of_brands("zhongcao", ["b1", "b2", "b1"])) == 2 * len(of_brands("zhongcao", ["b1"]))


def test_a_database_whose_roles_could_be_mistaken_for_those_of_a_brand_is_refused() -> None:
    with pytest.raises(SettingsError, match="Choose another name"):
        statements("zhongcao:b1")


def test_a_server_without_accounts_is_told_in_one_sentence(fresh_database: ClickHouse) -> None:
    with pytest.raises(SinkRejected) as refused:
        apply_access(fresh_database, ["b1"], RetryPolicy(attempts=1))
    assert re.fullmatch(
        r"ClickHouse at \S+ does not let default manage roles and row policies \(code 497\): [^\n]*"
        r"The embedded server has no accounts\.[^\n]*",
        str(refused.value),
    )


class FakeClient:
    """Refuses statements that contain a text, with a code."""

    def __init__(self, refused: str, code: int) -> None:
        self.sent: list[str] = []
        self._refused = refused
        self._code = code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        pass

    def execute(self, statement: str) -> None:
        if self._refused in statement:
            raise ServerException("DB::Exception: no", self._code)
        self.sent.append(statement)


def refusing(monkeypatch: pytest.MonkeyPatch, refused: str, code: int) -> FakeClient:
    fake = FakeClient(refused, code)
    monkeypatch.setattr(ClickHouse, "client", lambda connection: fake)
    return fake


def test_a_server_that_takes_everything_is_sent_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = refusing(monkeypatch, "nothing of it", 0)
    assert apply_access(ClickHouse(), ["b1"]) is True
    assert fake.sent == every_statement()


def test_a_server_without_grants_by_prefix_gets_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = refusing(monkeypatch, "_verify_", 62)
    assert apply_access(ClickHouse()) is False
    assert fake.sent == statements("zhongcao")


def test_another_error_is_told_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    refusing(monkeypatch, "QUOTA", 62)
    with pytest.raises(SinkRejected, match="refused the access rights: code 62"):
        apply_access(ClickHouse())
