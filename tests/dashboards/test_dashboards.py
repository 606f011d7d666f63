"""The dashboards are complete, and Grafana would take them."""

import re
from itertools import combinations
from typing import Any

import pytest
from grafana import FILES, ROOT, load, panels, queries, variables

from sinks.access.apply import statements
from sinks.views import models

SOURCE = {"type": "grafana-clickhouse-datasource", "uid": "zhongcao-clickhouse"}
PROVISIONED = (ROOT / "dashboards/provisioning/datasources/clickhouse.yaml").read_text()
CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = re.compile(r"[A-Z][a-z]")
DASHBOARDS = [pytest.param(load(file), id=file.stem) for file in FILES]


def test_there_are_two_with_uids_and_titles_of_their_own() -> None:
    loaded = [load(file) for file in FILES]
    assert [file.stem for file in FILES] == ["brand", "operations"]
    assert {each["uid"] for each in loaded} == {"zhongcao-brand", "zhongcao-operations"}
    assert len({each["title"] for each in loaded}) == 2


@pytest.mark.parametrize("dashboard", DASHBOARDS)
def test_it_begins_with_the_last_30_days_in_shanghai(dashboard: dict[str, Any]) -> None:
    assert dashboard["time"] == {"from": "now-30d", "to": "now"}
    assert dashboard["timezone"] == "Asia/Shanghai"
    assert dashboard["schemaVersion"] == 42
    # Grafana would take the id for that of another dashboard.
    assert "id" not in dashboard


@pytest.mark.parametrize("dashboard", DASHBOARDS)
def test_every_panel_says_what_it_shows_in_both_languages(dashboard: dict[str, Any]) -> None:
    for shown in [*panels(dashboard), *variables(dashboard), dashboard]:
        title = shown.get("title") or shown["label"]
        for text in (title, shown["description"]):
            assert ENGLISH.search(text), title
            assert CHINESE.search(text), title


@pytest.mark.parametrize("dashboard", DASHBOARDS)
def test_panels_have_ids_of_their_own_and_do_not_overlap(dashboard: dict[str, Any]) -> None:
    rows = [panel for panel in dashboard["panels"] if panel["type"] == "row"]
    placed = [*panels(dashboard), *rows]
    assert len({panel["id"] for panel in placed}) == len(placed)
    areas = [panel["gridPos"] for panel in placed]
    assert all(area["x"] + area["w"] <= 24 for area in areas)
    for a, b in combinations(areas, 2):
        beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        above = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert beside or above, (a, b)


@pytest.mark.parametrize("dashboard", DASHBOARDS)
def test_everything_asks_the_data_source_that_is_provisioned(dashboard: dict[str, Any]) -> None:
    for key, value in SOURCE.items():
        assert f"    {key}: {value}\n" in PROVISIONED
    targets = [target for panel in panels(dashboard) for target in panel["targets"]]
    asking = [variable for variable in variables(dashboard) if variable["type"] == "query"]
    for each in [*panels(dashboard), *targets, *asking]:
        assert each["datasource"] == SOURCE
    for target in targets:
        assert target["editorType"] == "sql"
        assert target["queryType"] == ("table" if target["format"] else "timeseries")


@pytest.mark.parametrize("dashboard", DASHBOARDS)
def test_variables_have_one_value_each(dashboard: dict[str, Any]) -> None:
    for variable in variables(dashboard):
        assert not variable["multi"]
        assert not variable["includeAll"]
        if variable["type"] == "custom":
            offered = [option["value"] for option in variable["options"]]
            assert offered == variable["query"].split(",")
            assert variable["current"]["value"] in offered


def test_the_models_are_those_of_the_view() -> None:
    [model] = [each for each in variables(load(FILES[0])) if each["name"] == "model"]
    assert model["query"].split(",") == list(models())


def test_queries_read_only_what_an_analyst_may() -> None:
    [grants] = [
        each for each in statements("zhongcao") if "WITH REPLACE" in each and "_analyst" in each
    ]
    granted = set(re.findall(r"SELECT ON `zhongcao`\.(\w+)", grants))
    for query in queries():
        read = set(re.findall(r"\b(?:FROM|(?<!ARRAY )JOIN)\s+(\w+)", query.sql))
        assert read, query
        assert read <= granted, query


def test_the_data_source_stays_below_the_limits_of_an_analyst() -> None:
    [profile] = [each for each in statements("zhongcao") if "SETTINGS PROFILE" in each]
    limits = dict(re.findall(r"(max_\w+) = (\d+)", profile))
    seconds, connections = (
        int(*re.findall(rf'{name}: "(\d+)"', PROVISIONED))
        for name in ("queryTimeout", "maxOpenConns")
    )
    # The plugin's client grants the server 5 seconds more than it waits itself.
    assert seconds + 5 < int(limits["max_execution_time"])
    assert connections < int(limits["max_concurrent_queries_for_user"])
