"""docs/dashboards.md names every panel and what it asks, and users, roles and variables that exist."""

import re
from dataclasses import fields
from pathlib import Path

from dashboards.grafana import FILES, load, panels

from sinks.access.apply import of_brands, statements
from sinks.connection import ClickHouse
from sinks.migrate import split_statements
from streams.settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/dashboards.md").read_text()


def test_every_panel_is_there_with_the_view_that_it_asks() -> None:
    told = re.findall(r"^\| (.+?) \| .+ \| `(\w+)` \|$", PAGE, re.MULTILINE)
    shown = [
        (panel["title"], re.findall(r"FROM (\w+)", target["rawSql"])[-1])
        for file in FILES
        for panel in panels(load(file))
        for target in panel["targets"]
    ]
    assert told == shown


def test_its_addresses_are_those_of_the_dashboards() -> None:
    told = re.findall(r"^## .*http://127\.0\.0\.1:3000/d/(\S+)$", PAGE, re.MULTILINE)
    assert told == [load(file)["uid"] for file in FILES]


def test_the_example_makes_a_user_with_roles_that_exist(clickhouse: ClickHouse) -> None:
    [sql] = re.findall(r"^```sql\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    made = "".join([*statements("zhongcao"), *of_brands("zhongcao", ["b1", "b7"])])
    given = re.findall(r"`(zhongcao:\w+)`|PROFILE '(zhongcao_\w+)'", sql)
    assert len(given) == 3
    assert all(f"`{role or profile}`" in made for role, profile in given)
    with clickhouse.client(database="") as client:
        for statement in split_statements(sql):
            client.execute("SELECT formatQuery(%(sql)s)", {"sql": statement})


def test_variables_are_those_of_settings() -> None:
    named = {name.lower() for name in re.findall(r"`ZHONGCAO_(\w+)`", PAGE)}
    assert len(named) == 6
    assert named <= {setting.name for setting in fields(Settings)}
