"""The dashboards as Grafana reads them, and a query as Grafana sends it."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "dashboards").glob("*.json"))
TIME_SERIES, TABLE = 0, 1


@dataclass(frozen=True)
class Query:
    """SQL of a panel or a variable, with variables and macros in it."""

    dashboard: str
    title: str
    sql: str
    format: int


def load(file: Path) -> dict[str, Any]:
    dashboard: dict[str, Any] = json.loads(file.read_text())
    return dashboard


def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    """All that show something: a collapsed row holds its panels."""
    return [
        shown
        for panel in dashboard["panels"]
        for shown in (panel["panels"] if panel["type"] == "row" else [panel])
    ]


def variables(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = dashboard["templating"]["list"]
    return found


def queries() -> list[Query]:
    """Of every variable and panel."""
    found = []
    for file in FILES:
        dashboard = load(file)
        for variable in variables(dashboard):
            if variable["type"] == "query":
                sql = variable["query"]["rawSql"]
                found.append(Query(file.stem, variable["name"], sql, TABLE))
        for panel in panels(dashboard):
            found += [
                Query(file.stem, panel["title"], target["rawSql"], target["format"])
                for target in panel["targets"]
            ]
    return found


def expand(sql: str, values: dict[str, str], since: datetime, until: datetime) -> str:
    """What arrives in ClickHouse: first Grafana replaces variables, then the data source replaces macros.

    Of the formats of variables and of the macros, those that the dashboards use; any other raises an error.
    """
    macros = {
        "fromTime": f"toDateTime({int(since.timestamp())})",
        "toTime": f"toDateTime({int(until.timestamp())})",
    }
    sql = re.sub(r"\$\{(\w+):sqlstring\}", lambda found: _sqlstring(values[found[1]]), sql)
    return re.sub(r"\$(?:__(\w+))?", lambda found: macros[found[1]], sql)


def _sqlstring(value: str) -> str:
    """Quotes are doubled; backslashes stay."""
    return "'{}'".format(value.replace("'", "''"))
