"""docs/security.md names roles, limits, settings and tests that exist; both READMEs lead to it."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from sinks.access.apply import of_brands, statements
from sinks.connection import ClickHouse
from sinks.migrate import split_statements
from streams.settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/security.md").read_text()
[SQL] = re.findall(r"^```sql\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
#: The example's brands and users.
BRANDS = ("b1", "b7")


def made(kind: str) -> str:
    [statement] = [each for each in statements("zhongcao") if f"CREATE {kind}" in each]
    return statement


def test_the_roles_are_those_that_are_made() -> None:
    told = set(re.findall(r"^\| `(zhongcao_\w+)` \|", PAGE, re.MULTILINE))
    assert told == set(re.findall(r"`(\w+)`", re.sub(r"--.*", "", made("ROLE"))))
    assert f"`{'zhongcao'}:{BRANDS[0]}`" in of_brands("zhongcao", BRANDS)[0]
    assert "CREATE USER IF NOT EXISTS `zhongcao_views`" in made("USER")


def test_the_limits_are_those_of_the_profile() -> None:
    profile = made("SETTINGS PROFILE")
    told = re.findall(r"^\| `(readonly|max_\w+)` \| (\d+)", PAGE, re.MULTILINE)
    assert told == re.findall(r"^ +(readonly|max_\w+) = (\d+)", profile, re.MULTILINE)
    queries, seconds = re.findall(r"(?:queries|execution_time) = (\d+)", made("QUOTA"))
    assert f"And {queries} queries and an hour of execution in an hour" in PAGE
    assert seconds == "3600"


def test_the_example_makes_users_with_roles_that_exist(clickhouse: ClickHouse) -> None:
    given = set(re.findall(r"`(zhongcao:\w+)`|GRANT (zhongcao_\w+)|PROFILE '(zhongcao_\w+)'", SQL))
    names = {name for found in given for name in found if name}
    everything = "".join([*statements("zhongcao"), *of_brands("zhongcao", BRANDS)])
    assert len(names) == 4
    assert all(f"`{name}`" in everything for name in names)
    with clickhouse.client(database="") as client:
        for statement in split_statements(SQL):
            client.execute("SELECT formatQuery(%(sql)s)", {"sql": statement})


def test_every_threat_is_held_by_tests_that_exist() -> None:
    [table] = re.findall(r"^## Threats$(.*?)^## ", PAGE, re.MULTILINE | re.DOTALL)
    rows = re.findall(r"^\| ([^|]+)" + r"\|([^|]*)" * 3 + r"\|$", table, re.MULTILINE)[1:]
    assert len(rows) > 20
    for threat, answer, tests, left in rows:
        named = re.findall(r"`(tests/\S+\.py)`", tests)
        assert bool(named) == bool(answer.strip()), threat
        assert answer.strip() or left.strip(), threat
        assert all((ROOT / name).exists() for name in named), threat


def test_settings_that_it_names_exist() -> None:
    named = set(re.findall(r"`((?:kafka|clickhouse|schema_registry|web|memory)_\w+)", PAGE))
    named |= {f.lower() for f in re.findall(r"`ZHONGCAO_(\w+)`", PAGE)}
    assert len(named) >= 8
    assert named <= {setting.name for setting in fields(Settings)}


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_readmes_lead_to_it(readme: str) -> None:
    assert "](docs/security.md)" in (ROOT / readme).read_text()
