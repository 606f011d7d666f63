"""Every query of the dashboards gives its panel what it needs, sent as Grafana's data source does it.

Grafana itself is not run: expand() does what it and the data source do to a query.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cli.commands import Zhongcao
from clickhouse_driver import Client
from clickhouse_driver.errors import ServerException
from grafana import TIME_SERIES, Query, expand, queries

from sinks.embedded import running_server

#: They are empty when all is well.
GOOD_WHEN_EMPTY = {"Dead letters by day and reason 按日与原因的死信", "What differs 差异"}
#: What the data source sends with each query: see dashboards/provisioning.
SETTINGS = {"readonly": 2, "max_execution_time": 55}
READ_ONLY = 164
NUMBER = re.compile(r"(Nullable\()?(U?Int|Float)\d+\)?")
TEXT = re.compile(r"String|LowCardinality\(String\)|Nullable\(String\)")

QUERIES = queries()
all_queries = pytest.mark.parametrize(
    "query", [pytest.param(each, id=f"{each.dashboard}: {each.title}") for each in QUERIES]
)


@dataclass(frozen=True)
class Answer:
    """Columns are names and types."""

    columns: list[tuple[str, str]]
    rows: list[tuple[Any, ...]]


Ask = Callable[..., Answer]


@contextmanager
def asking(folder: Path, events: str) -> Iterator[Ask]:
    """Process events, and ask for what came out of the thirty days up to the newest."""
    zhongcao = Zhongcao(folder)
    replay = ("replay", "-", "--format", "jsonl", "--allowed-lateness-days", "120")
    done = zhongcao(*replay, "--embedded", "data", stdin=events)
    assert done.returncode == 0, done.stderr
    with zhongcao.serving("data", "--port", "0", "--http-port", "0"):
        server = running_server(folder / "data")
        assert server
        port, password = server.native_port, server.password
        with Client("127.0.0.1", port, "zhongcao", password=password, settings=SETTINGS) as client:
            [(newest,)] = client.execute("SELECT max(newest_day) FROM coverage_by_topic")
            until = datetime(newest.year, newest.month, newest.day, 12, tzinfo=UTC)

            def ask(sql: str, **values: str) -> Answer:
                chosen = {
                    "brand": "brand-001",
                    "lookback_days": "7",
                    "window_days": "7",
                    "model": "linear",
                } | values
                text = expand(sql, chosen, until - timedelta(days=30), until)
                rows, columns = client.execute(text, with_column_types=True)
                return Answer(columns, rows)

            yield ask


@pytest.fixture(scope="module")
def traffic(tmp_path_factory: pytest.TempPathFactory) -> str:
    return Zhongcao(tmp_path_factory.mktemp("traffic")).ok("generate", "--events", "20000")


@pytest.fixture(scope="module")
def ask(traffic: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    with asking(tmp_path_factory.mktemp("sound"), traffic) as ask:
        yield ask


@all_queries
def test_it_gives_the_panel_what_it_needs(ask: Ask, query: Query) -> None:
    answer = ask(query.sql)
    assert bool(answer.rows) == (query.title not in GOOD_WHEN_EMPTY)
    if query.format == TIME_SERIES:
        (name, kind), *others = answer.columns
        assert name == "time"
        assert kind.startswith("DateTime")
        values = [kind for _, kind in others if not TEXT.fullmatch(kind)]
        assert values
        assert all(NUMBER.fullmatch(kind) for kind in values)
        # Series are cut out of the rows as they come.
        assert answer.rows == sorted(answer.rows, key=lambda row: row[0])
        labels = [index for index, (_, kind) in enumerate(others, 1) if TEXT.fullmatch(kind)]
        keys = [(row[0], *(row[index] for index in labels)) for row in answer.rows]
        assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("days", ["1", "7", "15", "30"])
@pytest.mark.parametrize("model", ["first", "full"])
def test_every_window_and_model_may_be_chosen(ask: Ask, days: str, model: str) -> None:
    for query in QUERIES:
        if "_days:" in query.sql and query.title not in GOOD_WHEN_EMPTY:
            asked = {"lookback_days": days, "window_days": days, "model": model}
            assert ask(query.sql, **asked).rows, query.title


def test_the_range_of_time_is_whole_days_in_shanghai(ask: Ask) -> None:
    [by_day] = [each for each in QUERIES if each.title == "Funnel by day of viewing 按浏览日的漏斗"]
    seconds = [row[0] for row in ask(f"SELECT toUnixTimestamp(time) FROM ({by_day.sql})").rows]
    assert {(second + 8 * 3600) % 86400 for second in seconds} == {0}
    assert len(seconds) == 31


def test_models_add_up_to_what_was_sold(ask: Ask) -> None:
    def sum_of(title: str, column: str) -> int:
        [query] = [each for each in QUERIES if each.title.startswith(title)]
        answer = ask(query.sql.replace("LIMIT 20", ""))
        at = [name for name, _ in answer.columns].index(column)
        return round(100 * sum(row[at] for row in answer.rows))

    sold = sum_of("How orders came", "net_yuan")
    assert sold > 0
    assert sold == sum_of("Paths", "net_yuan")
    for model in ("first", "last", "last_click", "linear", "position", "time_decay"):
        assert sold == sum_of("Models", model)


def test_nothing_can_be_changed_through_the_data_source(ask: Ask) -> None:
    for statement in ("TRUNCATE TABLE touches", "SELECT 1 SETTINGS readonly = 0"):
        with pytest.raises(ServerException) as refused:
            ask(statement)
        assert refused.value.code == READ_ONLY


def test_what_is_wrong_is_shown(traffic: str, tmp_path: Path) -> None:
    newest = json.loads(traffic.splitlines()[-1])["occurred_at"]
    view = {
        "topic": "note-views", "timestamp": newest, "user_id": "u", "note_id": "", "brand_id": "b",
        "occurred_at": newest, "surface": "SEARCH", "promoted": False,
    }  # fmt: skip
    with asking(tmp_path, f"{traffic}{json.dumps(view)}\n") as ask:
        letters, differing = (each for each in QUERIES if each.title in GOOD_WHEN_EMPTY)
        assert [row[1:] for row in ask(letters.sql).rows] == [("invalid_field", 1)]
        [row] = ask(differing.sql).rows
        assert row[2:7] == ("dead letters: invalid_field", "note-views", 0, 1, 1)
        assert row[7].startswith("They could not be used")


def test_a_brand_may_have_any_name(tmp_path: Path) -> None:
    """What Grafana makes of a quote is right, what it makes of a backslash is not: its values double them."""
    brands = ["o'neill", "back\\", "\\' OR 1 --", "种草"]
    common = {"topic": "note-views", "user_id": "u", "note_id": "n", "occurred_at": 1750000000000}
    views = [
        common | {"brand_id": brand, "surface": "SEARCH", "promoted": False} for brand in brands
    ]
    with asking(tmp_path, "".join(f"{json.dumps(view)}\n" for view in views)) as ask:
        [variable] = [each for each in QUERIES if each.title == "brand"]
        [funnel] = [each for each in QUERIES if each.title.startswith("Funnel of people")]
        chosen = ask(variable.sql).rows
        assert {shown for _, shown in chosen} == set(brands)
        for value, _ in chosen:
            assert ask(funnel.sql, brand=value).rows[0] == ("viewed 浏览", 1)
        assert ask(funnel.sql, brand="another").rows[0] == ("viewed 浏览", 0)
