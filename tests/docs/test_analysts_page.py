"""docs/analysts.md: every query runs on the traffic that the page names, and prints what the page shows.

After a change, write the results anew:

    ZHONGCAO_WRITE_DOCS=1 pytest tests/docs/test_analysts_page.py
"""

import os
import re
from pathlib import Path

import pytest
from cli.commands import Zhongcao

from sinks.connection import ClickHouse
from sinks.migrate import load_migrations

PAGE = Path(__file__).parents[2] / "docs/analysts.md"
GENERATE = "generate --events 50000"
REPLAY = "replay - --format jsonl --allowed-lateness-days 120 --embedded data/page"
QUERY = re.compile(r"(```sql\n(.*?)```\n)(?:\n```text\n(.*?)```\n)?", re.DOTALL)
#: A view with parameters: name, columns, query.
VIEW = re.compile(
    r"CREATE VIEW IF NOT EXISTS (\w+)\n\(\n(.*?)\n\)\nSQL SECURITY INVOKER", re.DOTALL
)
COLUMN = re.compile(r"^    (\w+) (.*?) COMMENT '(.*)',?$", re.MULTILINE)
PARAMETERS = {"model": "'linear'", "lookback_days": "30"}


@pytest.fixture(scope="module")
def traffic(tmp_path_factory: pytest.TempPathFactory) -> Zhongcao:
    """The commands of the page were given."""
    zhongcao = Zhongcao(tmp_path_factory.mktemp("analysts"))
    generated = zhongcao.ok(*GENERATE.split())
    done = zhongcao(*REPLAY.split(), stdin=generated)
    assert done.returncode == 0, done.stderr
    return zhongcao


def test_the_commands_are_those_of_the_page() -> None:
    assert f"zhongcao {GENERATE} | zhongcao {REPLAY}\n" in PAGE.read_text()


def test_every_query_prints_what_the_page_shows(traffic: Zhongcao) -> None:
    def with_result(found: re.Match[str]) -> str:
        result = traffic.ok("sql", "--embedded", "data/page", "--format", "PrettyCompact", found[2])
        return f"{found[1]}\n```text\n{result}```\n"

    page = PAGE.read_text()
    assert len(QUERY.findall(page)) > 3
    written = QUERY.sub(with_result, page)
    if os.environ.get("ZHONGCAO_WRITE_DOCS"):
        PAGE.write_text(written)
    assert written == page or os.environ.get("ZHONGCAO_WRITE_DOCS")


def test_views_with_parameters_have_the_columns_that_they_declare(
    fresh_database: ClickHouse,
) -> None:
    """ClickHouse takes the declared columns of such a view for a comment."""
    views = [view for each in load_migrations() for view in VIEW.findall(each.sql)]
    assert len(views) > 1
    with fresh_database.client() as client:
        for name, columns in views:
            declared = [(column, kind) for column, kind, _ in COLUMN.findall(columns)]
            given = {p: v for p, v in PARAMETERS.items() if f"{{{p}:" in _text_of(name)}
            asked = ", ".join(f"{p} = {v}" for p, v in given.items())
            found = client.execute(f"DESCRIBE (SELECT * FROM {name}({asked}))")
            assert declared == [(column, kind) for column, kind, *_ in found], name
            assert f"`{name}({', '.join(given)})`" in PAGE.read_text()


def _text_of(view: str) -> str:
    texts = (each.sql for each in load_migrations())
    [text] = [text for text in texts if f"CREATE VIEW IF NOT EXISTS {view}\n" in text]
    return text.split(f"CREATE VIEW IF NOT EXISTS {view}\n")[1].split(";\n")[0]
