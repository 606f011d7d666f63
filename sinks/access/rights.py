"""What a GRANT gives, as single rights that can be compared, whichever way a server sums them up."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from clickhouse_driver import Client

IDENTIFIER = r"(?:`(?:[^`\\]|\\.)*`|[^\s`'\",.()*]+)"
_STATEMENT = re.compile(
    rf"(GRANT|REVOKE) (.+) (?:TO|FROM) ({IDENTIFIER})((?: WITH \w+ OPTION)*)", re.DOTALL
)
_PRIVILEGE = r"(?!ON )\w+(?: (?!ON )\w+)*(?:\([^()]*\))?"
_ELEMENT = re.compile(
    rf"({_PRIVILEGE}(?:, {_PRIVILEGE})*) ON ((?:{IDENTIFIER}|\*)+(?:\.(?:{IDENTIFIER}|\*)+)?)(?:, |$)"
)
#: What a server does not write as it is.
_ESCAPED = {"0": "\0", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_REPLACES = " WITH REPLACE OPTION"


class Right(NamedTuple):
    """what: a privilege, or a role, and how it was given if not plainly. on: of what; empty for a role."""

    what: str
    on: str
    column: str = ""

    def __str__(self) -> str:
        column = f"({self.column})" if self.column else ""
        return f"{self.what}{column} ON {self.on}" if self.on else self.what


@dataclass(frozen=True, slots=True)
class Grant:
    """One statement. replaces: nothing else is left of what the grantee had."""

    grantee: str
    rights: tuple[Right, ...]
    replaces: bool


def read_grant(statement: str) -> Grant | None:
    """What a GRANT or REVOKE says, as a server writes it in one line; None if it is something else."""
    found = _STATEMENT.fullmatch(statement)
    if found is None:
        return None
    kind, given, grantee, options = found.groups()
    how = options.removesuffix(_REPLACES)
    rights = (
        right._replace(what=("REVOKE " if kind == "REVOKE" else "") + right.what + how)
        for right in _rights(given)
    )
    return Grant(unquoted(grantee), tuple(rights), options != how)


def unquoted(identifier: str) -> str:
    """The name that an identifier means."""
    if not identifier.startswith("`"):
        return identifier
    return re.sub(r"\\(.)", lambda found: _ESCAPED.get(found[1], found[1]), identifier[1:-1])


def _rights(given: str) -> Iterator[Right]:
    elements = list(_ELEMENT.finditer(given))
    if sum(len(each[0]) for each in elements) != len(given):
        # Roles, or what we never write.
        yield from (Right(each, "") for each in given.split(", "))
        return
    for privileges, on in (each.groups() for each in elements):
        for privilege in re.findall(_PRIVILEGE, privileges):
            name, _, columns = privilege.rstrip(")").partition("(")
            for column in columns.split(", "):
                yield Right(name, on, column)


class Privileges:
    """The tree of privileges of a server: ALTER is what it groups, and a server may write the one or the other."""

    def __init__(self, groups: Mapping[str, tuple[str, str]]) -> None:
        """groups: privilege → the group that it is in, and on what it can be, nothing for a group."""
        self._members: dict[str, list[str]] = {}
        self._levels = {name: level for name, (_, level) in groups.items()}
        for name, (group, _) in groups.items():
            self._members.setdefault(group, []).append(name)

    def expanded(self, rights: Iterable[Right]) -> set[Right]:
        """The rights with no groups in them."""
        return {
            right._replace(what=leaf)
            for right in rights
            for leaf in self._leaves(right.what, right.on)
        }

    def _leaves(self, name: str, on: str) -> Iterator[str]:
        members = self._members.get(name, ())
        if not members:
            yield name
        for member in members:
            # On tables, ALTER holds nothing of what is one of a server.
            if "." not in on or self._levels[member] not in ("GLOBAL", "NAMED_COLLECTION"):
                yield from self._leaves(member, on)


def privileges_of(client: Client) -> Privileges:
    """Those of a server."""
    rows = client.execute(
        "SELECT toString(privilege), toString(parent_group), toString(level) FROM system.privileges"
    )
    return Privileges({name: (group or "", level or "") for name, group, level in rows})
