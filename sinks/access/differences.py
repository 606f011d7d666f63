"""What differs from the roles, rights and row policies that `apply_access` makes.

Both sides are read from statements as the server itself writes them: ours from formatQuery, its own from SHOW GRANTS.
Limits are an operator's to tune, so it is only asked whether they are there.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from clickhouse_driver import Client
from clickhouse_driver.errors import ServerException

from schemas.errors import SinkRejected
from sinks.access.apply import BRAND_MARK, NO_MANAGER, of_brands, scratch_statements, statements
from sinks.access.rights import (
    IDENTIFIER,
    Grant,
    Privileges,
    Right,
    privileges_of,
    read_grant,
    unquoted,
)
from sinks.connection import ClickHouse
from sinks.differences import owner_of_views
from sinks.found import look
from sinks.quoting import literal, quoted
from sinks.retry import RetryPolicy, persistently

_NAMES = rf"({IDENTIFIER}(?:, {IDENTIFIER})*)"
#: What may be missing, the statement that makes it, and the table that lists those that are there.
_KINDS = {
    "role": (re.compile(rf"CREATE ROLE IF NOT EXISTS {_NAMES}"), "roles"),
    "user": (re.compile(rf"CREATE USER IF NOT EXISTS ({IDENTIFIER}) .*"), "users"),
    "settings profile": (
        re.compile(rf"CREATE SETTINGS PROFILE IF NOT EXISTS ({IDENTIFIER}) .*"),
        "settings_profiles",
    ),
    "quota": (re.compile(rf"CREATE QUOTA IF NOT EXISTS ({IDENTIFIER}) .*"), "quotas"),
}
_POLICY = re.compile(
    rf"CREATE ROW POLICY IF NOT EXISTS ({IDENTIFIER}) ON (.+) FOR SELECT USING (.+) TO (ALL EXCEPT )?({IDENTIFIER})",
    re.DOTALL,
)
_OWNED = re.compile(rf"ALTER TABLE {IDENTIFIER}\.({IDENTIFIER}) .*DEFINER.*")


class Policy(NamedTuple):
    """Whom a row policy shows which rows of a view. all: everybody but `excepted`."""

    rows: str
    restrictive: bool = False
    all: bool = False
    to: tuple[str, ...] = ()
    excepted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Access:
    """Who may do what, as wanted or as found.

    names: kind and name of all that can be made. grants: in order. policies: name and view → what it shows.
    owned: views that read in the name of their owner.
    """

    names: frozenset[tuple[str, str]]
    grants: Sequence[Grant]
    policies: Mapping[tuple[str, str], Policy]
    owned: frozenset[str]


def missing_access(connection: ClickHouse, brands: Iterable[str] = ()) -> list[str]:
    """What differs from what `apply_access` leaves, a line each; it changes nothing.

    brands: they must have roles. Those of brands that have one are compared, too.

    Raises what `apply_access` raises.
    """
    database, brands = connection.database, list(brands)
    made = [*statements(database), *of_brands(database, brands)]

    def compare() -> list[str]:
        with connection.client(database="") as client:
            names = _names(client)
            more = brands_with_roles(database, names).difference(brands)
            ours = [*made, *of_brands(database, sorted(more)), *scratch_statements(database)]
            due = wanted(client, database, ours)
            found = _found(client, database, due, names)
            return list(differences(database, due, found, privileges_of(client)))

    def explained() -> list[str]:
        try:
            return compare()
        except ServerException as error:
            if error.code not in NO_MANAGER:
                raise
            raise SinkRejected(
                f"ClickHouse at {connection.address} does not let {connection.user} see roles and row policies "
                f"(code {error.code}): run it as a user with access_management. The embedded server has no accounts"
            ) from error

    return persistently(
        explained, "check of access rights", connection.address, RetryPolicy(attempts=1)
    )


def differences(
    database: str, wanted: Access, found: Access, privileges: Privileges
) -> Iterator[str]:
    """Each in a line."""
    missing = wanted.names - found.names
    yield from (f"{kind} {name} is missing" for kind, name in sorted(missing))
    gone = {name for _, name in missing}
    for grantee in dict.fromkeys(grant.grantee for grant in wanted.grants):
        if grantee not in gone:
            yield from _of_rights(grantee, wanted.grants, found.grants, privileges)
    yield from _of_policies(wanted.policies, found.policies)
    if others := sorted(wanted.owned - found.owned):
        yield f"not in the name of {owner_of_views(database)}, as they should, read: {', '.join(others)}"


def _of_policies(
    wanted: Mapping[tuple[str, str], Policy], found: Mapping[tuple[str, str], Policy]
) -> Iterator[str]:
    told: dict[str, list[str]] = {}
    for (name, view), policy in wanted.items():
        held = found.get((name, view))
        if held != policy:
            how = "missing" if held is None else "not as this version has it"
            told.setdefault(f"row policy {name} is {how} on", []).append(view)
    yield from (f"{what} {', '.join(views)}" for what, views in told.items())


def _of_rights(
    grantee: str, wanted: Sequence[Grant], found: Sequence[Grant], privileges: Privileges
) -> Iterator[str]:
    ours = [grant for grant in wanted if grant.grantee == grantee]
    due = [right for grant in ours for right in grant.rights]
    held = [right for grant in found if grant.grantee == grantee for right in grant.rights]
    for right in _beyond(due, held, privileges):
        yield f"{grantee} lacks {right}"
    if any(grant.replaces for grant in ours):
        for right in _beyond(held, due, privileges):
            yield f"{grantee} has more than it should: {right}"


def _beyond(
    these: Sequence[Right], those: Sequence[Right], privileges: Privileges
) -> Iterator[Right]:
    """Those of the one that are not wholly in the other."""
    whole = privileges.expanded(those)
    return (right for right in these if not privileges.expanded([right]) <= whole)


def _names(client: Client) -> frozenset[tuple[str, str]]:
    return frozenset(
        (kind, name)
        for kind, (_, table) in _KINDS.items()
        for (name,) in client.execute(f"SELECT name FROM system.{table}")
    )


def brands_with_roles(database: str, names: Iterable[tuple[str, str]]) -> set[str]:
    """The brands that have a role. names: kind and name of what there is."""
    prefix = f"{database}{BRAND_MARK}"
    return {
        name.removeprefix(prefix)
        for kind, name in names
        if kind == "role" and name.startswith(prefix) and name != prefix
    }


def wanted(client: Client, database: str, made: Sequence[str]) -> Access:
    """What statements of `apply_access` come to."""
    listed = ", ".join(map(literal, made))
    rows = client.execute(
        f"SELECT arrayJoin(arrayMap(s -> formatQuerySingleLineOrNull(s), [{listed}]))"
    )
    written = [text for (text,) in rows if text is not None]
    grants = [grant for text in written if (grant := read_grant(text))]
    if len(written) < len(made):
        # Where there are no grants by prefix, the verifier has rights that were given by hand.
        verifier = f"{database}_verifier"
        grants = [
            replace(grant, replaces=grant.replaces and grant.grantee != verifier)
            for grant in grants
        ]
    return Access(
        names=frozenset(
            (kind, unquoted(name))
            for kind, (pattern, _) in _KINDS.items()
            for text in written
            if (found := pattern.fullmatch(text))
            for name in re.findall(IDENTIFIER, found[1])
        ),
        grants=grants,
        policies=dict(policy for text in written for policy in _policies(text)),
        owned=frozenset(
            unquoted(found[1]) for text in written if (found := _OWNED.fullmatch(text))
        ),
    )


def _policies(text: str) -> Iterator[tuple[tuple[str, str], Policy]]:
    if found := _POLICY.fullmatch(text):
        name, views, rows, but, role = found.groups()
        roles = (unquoted(role),)
        policy = Policy(rows, all=True, excepted=roles) if but else Policy(rows, to=roles)
        for view in re.findall(rf"{IDENTIFIER}\.({IDENTIFIER})", views):
            yield (unquoted(name), unquoted(view)), policy


def _found(
    client: Client, database: str, wanted: Access, names: frozenset[tuple[str, str]]
) -> Access:
    grantees = {grant.grantee for grant in wanted.grants} & {name for _, name in names}
    granted: list[tuple[str]] = []
    if grantees:
        granted = client.execute(f"SHOW GRANTS FOR {', '.join(map(quoted, sorted(grantees)))}")
    policies = client.execute(
        "SELECT short_name, table, select_filter, is_restrictive, apply_to_all, apply_to_list, apply_to_except"
        " FROM system.row_policies WHERE database = %(database)s",
        {"database": database},
    )
    stored = look(client, database).stored
    return Access(
        names,
        [grant for (text,) in granted if (grant := read_grant(text))],
        {
            (name, view): Policy(rows or "", bool(restrictive), bool(to_all), tuple(to), tuple(but))
            for name, view, rows, restrictive, to_all, to, but in policies
        },
        frozenset(name for name in stored if stored[name].owner == owner_of_views(database)),
    )
