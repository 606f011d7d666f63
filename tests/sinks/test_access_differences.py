"""What differs from the roles, rights and row policies of this version is told, each in a line."""

from dataclasses import replace

import pytest
from engines.roles import with_roles

from sinks.access.apply import of_brands, scratch_statements, statements
from sinks.access.differences import Access, Policy, differences, wanted
from sinks.access.rights import Privileges, Right, privileges_of

MADE = [*statements("notes"), *of_brands("notes", ["b1"]), *scratch_statements("notes")]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Access, Privileges]:
    """What must be there, and the privileges of the engine."""
    with with_roles(None, tmp_path_factory.mktemp("engine"), MADE) as place:
        client = place.client(database="")
        return wanted(client, "notes", MADE), privileges_of(client)


def told(asked: tuple[Access, Privileges], found: Access) -> list[str]:
    return list(differences("notes", asked[0], found, asked[1]))


def granted(access: Access, grantee: str, *more: str, without: str = "") -> Access:
    """The same, but for what a role has."""
    return replace(
        access,
        grants=[
            replace(
                grant,
                rights=(
                    *(right for right in grant.rights if str(right) != without),
                    *(Right(*each.split(" ON ")) for each in more),
                ),
            )
            if grant.grantee == grantee
            else grant
            for grant in access.grants
        ],
    )


def test_what_is_made_is_wanted(asked: tuple[Access, Privileges]) -> None:
    access, _ = asked
    assert {
        ("role", "notes:b1"),
        ("role", "notes_writer"),
        ("quota", "notes_analyst"),
    } <= access.names
    assert {("user", "notes_views"), ("settings profile", "notes_analyst")} <= access.names
    analyst = ("notes_analyst",)
    policies = [
        access.policies[name, "current_touches"] for name in sorted({n for n, _ in access.policies})
    ]
    assert policies == [
        Policy("brand_id = 'b1'", to=("notes:b1",)),
        Policy("1", all=True, excepted=analyst),
        Policy("0", to=analyst),
    ]
    assert {"journey_entries", "current_touches"} <= access.owned
    assert told(asked, access) == []


@pytest.mark.parametrize(
    ("role", "more", "without", "lines"),
    [
        ("writer", [], "INSERT ON notes.touches", ["notes_writer lacks INSERT ON notes.touches"]),
        (
            "writer",
            ["SELECT ON notes.touches"],
            "",
            ["notes_writer has more than it should: SELECT ON notes.touches"],
        ),
        (
            "analyst",
            ["REVOKE SELECT ON notes.funnel"],
            "",
            ["notes_analyst has more than it should: REVOKE SELECT ON notes.funnel"],
        ),
        (
            "views",
            [],
            "SELECT(topic) ON notes.dead_letters",
            ["notes_views lacks SELECT(topic) ON notes.dead_letters"],
        ),
        # Those of before are not taken from the role of a brand either.
        ("b1", ["SELECT ON notes.touches"], "", []),
        ("b1", [], "notes_analyst", ["notes:b1 lacks notes_analyst"]),
    ],
)
def test_rights(
    asked: tuple[Access, Privileges], role: str, more: list[str], without: str, lines: list[str]
) -> None:
    name = f"notes:{role}" if role == "b1" else f"notes_{role}"
    assert told(asked, granted(asked[0], name, *more, without=without)) == lines


def test_a_role_that_is_missing_is_told_once(asked: tuple[Access, Privileges]) -> None:
    access = replace(asked[0], names=asked[0].names - {("role", "notes_eraser")}, grants=())
    lines = told(asked, access)
    assert [line for line in lines if "eraser" in line] == ["role notes_eraser is missing"]


@pytest.mark.parametrize(
    "policy",
    [
        Policy("1", to=("notes:b1",)),
        Policy("brand_id = 'b1'", restrictive=True, to=("notes:b1",)),
        Policy("brand_id = 'b1'", all=True),
    ],
)
def test_row_policies(asked: tuple[Access, Privileges], policy: Policy) -> None:
    kept = dict(asked[0].policies)
    kept["notes:b1", "current_touches"] = policy
    del kept["notes_no_brand", "current_journeys"], kept["notes_no_brand", "current_touches"]
    assert told(asked, replace(asked[0], policies=kept)) == [
        "row policy notes_no_brand is missing on current_touches, current_journeys",
        "row policy notes:b1 is not as this version has it on current_touches",
    ]


def test_views_in_nobodys_name(asked: tuple[Access, Privileges]) -> None:
    access = replace(asked[0], owned=asked[0].owned - {"coverage", "freshness"})
    assert told(asked, access) == [
        "not in the name of notes_views, as they should, read: coverage, freshness"
    ]
