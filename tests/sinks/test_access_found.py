"""Roles and rights are found as a server has them, and compared with those of this version."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from engines.engine import Place
from engines.roles import DATABASE, with_roles

from schemas.errors import SinkRejected
from sinks.access import missing_access
from sinks.access.apply import of_brands, scratch_statements, statements
from sinks.access.differences import brands_with_roles, wanted
from sinks.access.rights import Grant
from sinks.connection import ClickHouse

ODD = '种草`\'\\ "x";--\n{brand}'
MADE = [*statements(DATABASE), *of_brands(DATABASE, ["b1"]), *scratch_statements(DATABASE)]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with with_roles(None, tmp_path_factory.mktemp("engine"), MADE) as place:
        yield place


def test_rights_as_the_engine_has_them_differ_in_nothing(engine: Place) -> None:
    assert not [line for line in missing_access(engine) if "lacks" in line or "has more" in line]


def test_rights_that_differ_in_the_engine(tmp_path: Path) -> None:
    changed = [
        each.replace("INSERT ON `notes`.touches,", "SELECT ON `notes`.touches,").replace(
            "DROP VIEW, ALTER,", "DROP VIEW, ALTER TABLE,"
        )
        for each in MADE
    ]
    with with_roles(None, tmp_path, changed) as engine:
        lines = missing_access(engine)
    assert [line for line in lines if "notes_writer" in line or "notes_migrator" in line] == [
        "notes_writer lacks INSERT ON notes.touches",
        "notes_writer has more than it should: SELECT ON notes.touches",
        "notes_migrator lacks ALTER ON notes.*",
    ]


def test_names_with_quotes(engine: Place) -> None:
    access = wanted(engine.client(database=""), ODD, [*statements(ODD), *of_brands(ODD, [ODD])])
    assert ("role", f"{ODD}:{ODD}") in access.names
    assert {grant.grantee for grant in access.grants} <= {name for _, name in access.names}
    assert access.policies[f"{ODD}:{ODD}", "current_touches"].to == (f"{ODD}:{ODD}",)


def test_brands_that_are_named_and_those_that_have_a_role(engine: Place) -> None:
    lines = missing_access(engine, ["b3"])
    assert "role notes:b3 is missing" in lines
    names = [("role", "notes:b1"), ("role", "notes:a:b"), ("role", "notes:"), ("role", "other:b2")]
    assert brands_with_roles("notes", [*names, ("quota", "notes:b4")]) == {"b1", "a:b"}


def test_a_server_without_grants_by_prefix(engine: Place) -> None:
    made = [*statements("notes"), "GRANT SELECT ON"]
    [verifier] = [
        grant
        for grant in wanted(engine.client(database=""), "notes", made).grants
        if grant.grantee == "notes_verifier"
    ]
    assert isinstance(verifier, Grant)
    assert not verifier.replaces


def test_who_may_not_see_it(fresh_database: ClickHouse) -> None:
    with pytest.raises(SinkRejected, match=r"does not let default see roles .* \(code 497\)"):
        missing_access(fresh_database)
