"""docs/analysts.md: its queries and commands run on the traffic that it names and print what it shows, and its columns
are right.

After a change, write results and columns anew:

    ZHONGCAO_WRITE_DOCS=1 pytest tests/docs/test_analysts_page.py
"""

import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest
from cli.commands import Zhongcao

from sinks.connection import ClickHouse
from sinks.statements import columns_of
from sinks.views import load_views

PAGE = Path(__file__).parents[2] / "docs/analysts.md"
GENERATE = "generate --events 50000"
REPLAY = "replay - --format jsonl --allowed-lateness-days 120 --embedded data/page"
#: A query or a command, and what it prints.
BLOCK = re.compile(r"(```(sql|sh)\n(.*?)```\n)(?:\n```text\n.*?```\n)?", re.DOTALL)
COLUMNS = "## Columns\n"
PARAMETERS = {
    "sub_order_id": "''",
    "model": "'linear'",
    "lookback_days": "30",
    "window_days": "30",
    "platform_days": "7",
    "platform_day": "'touch'",
    "since": "'2025-06-01'",
    "until": "'2025-06-30'",
}


@dataclass(frozen=True)
class View:
    """A view with parameters, as its file has it. columns: name, type, comment."""

    name: str
    columns: list[tuple[str, str, str]]
    parameters: list[str]
    comment: str

    @property
    def page(self) -> str:
        rows = [f"| `{name}` | {kind} | {text} |" for name, kind, text in self.columns]
        head = ["| column | type | meaning |", "|---|---|---|"]
        title = f"### {self.name}({', '.join(self.parameters)})"
        return "\n".join(["", title, "", self.comment, "", *head, *rows, ""])


def views() -> list[View]:
    found = sorted(load_views(), key=lambda view: view.name)
    return [
        View(
            view.name,
            [(column.name, column.type, column.comment[1:-1]) for column in columns],
            [name for name in PARAMETERS if f"{{{name}:" in view.query],
            view.comment[1:-1],
        )
        for view in found
        if (columns := columns_of(f"\n{view.columns}\n")) and view.invoker
    ]


def settle(page: str) -> None:
    """The page must be as it should be; or it is written so."""
    if os.environ.get("ZHONGCAO_WRITE_DOCS"):
        PAGE.write_text(page)
    assert PAGE.read_text() == page


@pytest.fixture(scope="module")
def traffic(tmp_path_factory: pytest.TempPathFactory) -> Zhongcao:
    """The commands of the page were given."""
    zhongcao = Zhongcao(tmp_path_factory.mktemp("analysts"))
    done = zhongcao(*REPLAY.split(), stdin=zhongcao.ok(*GENERATE.split()))
    assert done.returncode == 0, done.stderr
    return zhongcao


def test_the_commands_are_those_of_the_page() -> None:
    assert f"zhongcao {GENERATE} | zhongcao {REPLAY}\n" in PAGE.read_text()


def test_every_query_and_command_prints_what_the_page_shows(traffic: Zhongcao) -> None:
    def with_result(found: re.Match[str]) -> str:
        if found[2] == "sql":
            shown = ["sql", "--embedded", "data/page", "--format", "PrettyCompact", found[3]]
        else:
            name, *shown = shlex.split(found[3])
            assert name == "zhongcao"
        printed = "".join(f"{line.rstrip()}\n" for line in traffic.ok(*shown).splitlines())
        return f"{found[1]}\n```text\n{printed}```\n"

    page = PAGE.read_text()
    assert {language for _, language, _ in BLOCK.findall(page)} == {"sql", "sh"}
    settle(BLOCK.sub(with_result, page))


def test_its_columns_are_those_of_the_views() -> None:
    head = PAGE.read_text().partition(COLUMNS)[0]
    settle(head + COLUMNS + "".join(view.page for view in views()))


def test_views_have_the_columns_that_they_declare(fresh_database: ClickHouse) -> None:
    """ClickHouse takes the declared columns of a view with parameters for a comment."""
    assert len(views()) > 1
    with fresh_database.client() as client:
        for view in views():
            given = ", ".join(f"{name} = {PARAMETERS[name]}" for name in view.parameters)
            found = client.execute(f"DESCRIBE (SELECT * FROM {view.name}({given}))")
            declared = [(name, kind) for name, kind, _ in view.columns]
            assert declared == [(name, kind) for name, kind, *_ in found], view.name
