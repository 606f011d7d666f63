"""An engine with our roles and what they are granted: chDB makes none, but reads users.xml. It has no row policies."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from xml.sax.saxutils import escape

from engines.engine import Place, running
from sinks.access import missing_access
from sinks.access.apply import scratch_statements, statements

DATABASE = "notes"
GRANT = re.compile(r"^GRANT\s+(.*?)\s+TO `(.+?)`", re.DOTALL | re.MULTILINE)


@contextmanager
def with_roles(wheels: Path | None, folder: Path, made: Sequence[str]) -> Iterator[Place]:
    """One with what these statements give, as an administrator's."""
    users, config = folder / "users.xml", folder / "config.xml"
    users.write_text(_users(made))
    config.write_text(f"<clickhouse><users_config>{users}</users_config></clickhouse>")
    with running(wheels, Path(f"{folder}/data?config-file={config}")) as engine:
        yield Place(database=DATABASE, engine=engine)


def rights_that_differ(wheels: Path | None, folder: Path, by_prefix: bool) -> list[str]:
    """Where a release does not write what was granted as it writes what should be."""
    made = [*statements(DATABASE), *(scratch_statements(DATABASE) if by_prefix else [])]
    with with_roles(wheels, folder, made) as place:
        return [line for line in missing_access(place) if "lacks" in line or "has more" in line]


def grants_of(made: Iterable[str]) -> dict[str, list[str]]:
    """Role or user → GRANT statements without the part that says to whom."""
    by_role: dict[str, list[str]] = {}
    for statement in made:
        if (found := GRANT.search(statement)) and "ON" in found[1].split():
            by_role.setdefault(found[2], []).append(f"GRANT {found[1]}")
    return by_role


def _users(made: Iterable[str]) -> str:
    """A users.xml with the roles and users of statements and what they are granted; who asks may manage access."""
    by_role = grants_of(made)
    granted = {
        name: "".join(f"<query>{escape(grant)}</query>" for grant in grants)
        for name, grants in by_role.items()
    }
    roles = "".join(
        f"<{name}><grants>{grants}</grants></{name}>"
        for name, grants in granted.items()
        if not name.endswith("_views")
    )
    owners = "".join(
        f"<{name}><password></password><networks/><profile>default</profile><quota>default</quota>"
        f"<grants>{grants}</grants></{name}>"
        for name, grants in granted.items()
        if name.endswith("_views")
    )
    return f"""
    <clickhouse>
      <profiles><default/></profiles>
      <quotas><default/></quotas>
      <roles>{roles}</roles>
      <users>
        <default>
          <password></password><networks><ip>::/0</ip></networks><profile>default</profile>
          <quota>default</quota><access_management>1</access_management>
        </default>
        {owners}
      </users>
    </clickhouse>"""
