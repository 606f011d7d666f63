"""GRANT statements become single rights, which are equal whichever way a server sums them up."""

import pytest

from sinks.access.rights import Grant, Privileges, Right, read_grant

PRIVILEGES = Privileges(
    {
        "SELECT": ("ALL", "COLUMN"),
        "ALTER": ("ALL", ""),
        "ALTER TABLE": ("ALTER", ""),
        "ALTER VIEW": ("ALTER", "VIEW"),
        "ALTER HANDLER": ("ALTER", "GLOBAL"),
        "ALTER DELETE": ("ALTER TABLE", "COLUMN"),
        "ALTER UPDATE": ("ALTER TABLE", "COLUMN"),
    }
)


@pytest.mark.parametrize(
    ("statement", "rights"),
    [
        ("GRANT SELECT ON n.t TO r", [Right("SELECT", "n.t")]),
        (
            "GRANT SELECT(a, b), ALTER DELETE ON n.t, INSERT ON n.* TO r",
            [
                Right("SELECT", "n.t", "a"),
                Right("SELECT", "n.t", "b"),
                Right("ALTER DELETE", "n.t"),
                Right("INSERT", "n.*"),
            ],
        ),
        ("GRANT SELECT ON `a-b_verify_`*.* TO r", [Right("SELECT", "`a-b_verify_`*.*")]),
        (
            "GRANT SET DEFINER ON n_views, SELECT ON *.* TO r",
            [Right("SET DEFINER", "n_views"), Right("SELECT", "*.*")],
        ),
        ("GRANT a, `b TO c` TO r", [Right("a", ""), Right("`b TO c`", "")]),
        ("REVOKE SELECT(c) ON n.t FROM r", [Right("REVOKE SELECT", "n.t", "c")]),
        (
            "GRANT SELECT ON n.t TO r WITH GRANT OPTION",
            [Right("SELECT WITH GRANT OPTION", "n.t")],
        ),
    ],
)
def test_what_a_statement_gives(statement: str, rights: list[Right]) -> None:
    assert read_grant(statement) == Grant("r", tuple(rights), replaces=False)


def test_who_is_given_it_and_what_is_left() -> None:
    grant = read_grant(r"GRANT SELECT ON n.t TO `n:\`\\ TO b` WITH REPLACE OPTION")
    assert grant == Grant(r"n:`\ TO b", (Right("SELECT", "n.t"),), replaces=True)


@pytest.mark.parametrize("statement", ["CREATE ROLE r", "SELECT 'GRANT a TO b'", ""])
def test_what_is_no_grant(statement: str) -> None:
    assert read_grant(statement) is None


@pytest.mark.parametrize("on", ["n.*", "n.t"])
def test_a_group_is_all_that_is_in_it(on: str) -> None:
    leaves = {Right(f"ALTER {what}", on) for what in ("VIEW", "DELETE", "UPDATE")}
    assert PRIVILEGES.expanded([Right("ALTER", on)]) == leaves
    assert PRIVILEGES.expanded([Right("ALTER TABLE", on), Right("ALTER VIEW", on)]) == leaves


def test_what_is_not_a_privilege_stays_what_it_is() -> None:
    rights = {Right("a_role", ""), Right("REVOKE ALTER", "n.t"), Right("SELECT", "n.t", "c")}
    assert PRIVILEGES.expanded(rights) == rights


@pytest.mark.parametrize(
    ("right", "text"),
    [
        (Right("SELECT", "n.t", "c"), "SELECT(c) ON n.t"),
        (Right("ALTER", "n.*"), "ALTER ON n.*"),
        (Right("a_role", ""), "a_role"),
    ],
)
def test_what_people_are_told(right: Right, text: str) -> None:
    assert str(right) == text
