"""ClickHouse's engine as one of our roles.

chDB keeps no roles, but it reads users.xml: what a role may do, see and set is written there for the one user that
chDB has, out of the generated statements. One process, one user.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from engines.roles import grants_of

from sinks.access.apply import of_brands, scratch_statements, statements

POLICY = re.compile(
    r"CREATE ROW POLICY IF NOT EXISTS `.+?`\s+ON (.*?)\s+USING (.*) TO `(.+)`$", re.DOTALL
)
SETTING = re.compile(r"^ +(\w+)(?: = (\d+))?(?: MIN (\d+) MAX (\d+)| READONLY),?$", re.MULTILINE)

RUN = """
import json, re, sys
from chdb.session import Session

session = Session(sys.argv[1])
told = []
for statement in json.load(sys.stdin):
    try:
        told.append(str(session.query(statement, "TSV")).rstrip())
    except RuntimeError as error:
        told.append(int(re.search(r"Code: (\\d+)", str(error))[1]))
session.close()
json.dump(told, sys.stdout)
"""


class Engine:
    """The data of a folder, asked as one role after the other."""

    def __init__(self, folder: Path, database: str) -> None:
        self._folder = folder
        self._database = database

    def as_admin(self, *queries: str) -> list[str | int]:
        """As who may do everything."""
        return self._run(self._user("", {}), queries)

    def as_role(
        self, role: str, *queries: str, brands: Iterable[str] = (), readonly: str = "0"
    ) -> list[str | int]:
        """What each query printed, or the code with which it was refused.

        readonly: with the settings profile of analysts, and this value of the setting; "0" is without.
        """
        name = f"{self._database}_{role}"
        made = [*statements(self._database), *of_brands(self._database, brands)]
        roles = {name, *(f"{self._database}:{brand}" for brand in brands)}
        told = [*made, *scratch_statements(self._database)]
        grants = "".join(f"<query>{escape(grant)}</query>" for grant in grants_of(told)[name])
        user = f"<grants>{grants}</grants>{self._filters(made, roles)}"
        limits = _limits(made) | {"readonly": (readonly, "<readonly/>")} if int(readonly) else {}
        return self._run(self._user(user, limits), queries)

    def _filters(self, made: Sequence[str], roles: set[str]) -> str:
        by_view: dict[str, list[str]] = {}
        for statement in made:
            found = POLICY.search(statement)
            if found and found[3] in roles:
                for view in re.findall(r"`\.(\w+)", found[1]):
                    by_view.setdefault(view, []).append(f"({found[2]})")
        filters = "".join(
            f"<{view}><filter>{escape(' OR '.join(conditions))}</filter></{view}>"
            for view, conditions in by_view.items()
        )
        return f"<databases><{self._database}>{filters}</{self._database}></databases>"

    def _user(self, rights: str, limits: Mapping[str, tuple[str, str]]) -> str:
        [views_grants] = grants_of(statements(self._database))[f"{self._database}_views"]
        settings = "".join(
            f"<{name}>{value}</{name}>" for name, (value, _) in limits.items() if value
        )
        constraints = "".join(f"<{name}>{rule}</{name}>" for name, (_, rule) in limits.items())
        anywhere = "<networks><ip>::/0</ip></networks>"
        return f"""
        <clickhouse>
          <profiles>
            <default/>
            <of_role>{settings}<constraints>{constraints}</constraints></of_role>
          </profiles>
          <quotas><default/></quotas>
          <users>
            <default>
              <password></password>{anywhere}<profile>of_role</profile><quota>default</quota>{rights}
            </default>
            <{self._database}_views>
              <password_sha256_hex>{"0" * 64}</password_sha256_hex><networks/>
              <profile>default</profile><quota>default</quota>
              <grants><query>{escape(views_grants)}</query></grants>
            </{self._database}_views>
          </users>
        </clickhouse>"""

    def _run(self, users: str, queries: Sequence[str]) -> list[str | int]:
        users_xml, config = self._folder / "users.xml", self._folder / "config.xml"
        users_xml.write_text(users)
        config.write_text(f"<clickhouse><users_config>{users_xml}</users_config></clickhouse>")
        done = subprocess.run(
            [sys.executable, "-c", RUN, f"{self._folder / 'data'}?config-file={config}"],
            input=json.dumps(queries),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        told: list[str | int] = json.loads(done.stdout)
        return told


def _limits(made: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Setting → its value, and its constraint as users.xml has it."""
    [profile] = [each for each in made if "CREATE SETTINGS PROFILE" in each]
    return {
        name: (value, f"<min>{least}</min><max>{most}</max>" if least else "<readonly/>")
        for name, value, least, most in SETTING.findall(profile)
    }
