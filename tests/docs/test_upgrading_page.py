"""docs/upgrading.md has every format, and its sentences are those of the code."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from cli.commands import Zhongcao

from schemas.rejects import Reason
from schemas.topics import DEAD_LETTERS, SOURCE_TOPICS
from streams.cli import COMMANDS
from streams.kafka.topic_rules import topics_of
from streams.settings import Settings
from streams.state import formats

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/upgrading.md").read_text()


def test_every_format() -> None:
    assert re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE) == [
        str(number) for number in range(1, formats.FORMAT + 1)
    ]
    refused = str(formats.UnknownFormat(formats.FORMAT + 1))
    assert PAGE.count(f" has {refused} |") == 2


def test_every_command_exists() -> None:
    commands = set(re.findall(r"`zhongcao (\w+)", PAGE))
    assert commands > {"migrate", "doctor", "verify", "topics"}
    assert commands <= set(COMMANDS)


def test_every_topic_is_named() -> None:
    [step] = re.findall(r"^4\. Have the group (.*?)^5\. ", PAGE, re.MULTILINE | re.DOTALL)
    assert {f"`{topic}`" for topic in SOURCE_TOPICS} <= set(re.findall(r"`[\w-]+`", step))
    [altered] = re.findall(r"^3\. `kafka-topics.sh (.*?)^4\. ", PAGE, re.MULTILINE | re.DOTALL)
    named = set(topics_of(Settings())) - {DEAD_LETTERS}
    assert {f"`{topic}`" for topic in named} <= set(re.findall(r"`[\w-]+`", altered))
    assert f"--group {Settings().group} " in step
    assert Settings().changelog_topic in PAGE


def test_the_readmes_name_it() -> None:
    for name in ("README.md", "README.zh-CN.md"):
        assert "docs/upgrading.md" in (ROOT / name).read_text()


@pytest.mark.parametrize(
    "name", ["README.md", "README.zh-CN.md", "docs/upgrading.md", "docs/containers.md"]
)
def test_an_upgrade_with_compose_removes_what_is_no_more(name: str) -> None:
    """The first start is in a block, alone; whatever else is built is an upgrade."""
    inline = re.findall(r"`(docker compose up --build[^`]*)`", (ROOT / name).read_text())
    assert set(inline) == {"docker compose up --build --wait --remove-orphans"}


def test_what_each_change_asks_names_what_there_is() -> None:
    changes = PAGE.partition("## What each change asks")[2]
    reasons = set(re.findall(r"\(`(\w+)`\)", changes))
    assert {"oversized", "damaged_batch", "no_timestamp", "invalid_field"} == reasons
    assert reasons <= {*Reason}
    operations = (ROOT / "docs/operations.md").read_text()
    for name in ("zhongcao_late_events_total", "ExpiredUnread"):
        assert name in changes
        assert f"| {name} |" in operations.replace("`", "")
    names = {field.name for field in fields(Settings)}
    assert {"stuck_after_s", "clickhouse_timeout_s", "crowded_touches"} <= names & {
        *re.findall(r"`(\w+)`", changes)
    }


#: What follows from the facts.
DERIVED = {
    "journeys": "current_journeys",
    "conversions": "conversions FINAL",
    "clicks": "current_clicks",
    "event_days": "coverage_by_topic",
}


def test_what_follows_from_the_facts_is_made_again(tmp_path: Path) -> None:
    zhongcao = Zhongcao(tmp_path)

    def digests() -> dict[str, tuple[str, str]]:
        query = "SELECT count(), sum(sipHash64(toString(tuple(*)))) FROM"
        return {
            table: zhongcao.sql("folder", f"{query} {rows}")[0] for table, rows in DERIVED.items()
        }

    zhongcao.ok("generate", "--events", "3000", "-o", "events.jsonl")
    zhongcao.ok("replay", "events.jsonl", "--format", "jsonl", "--embedded", "folder")
    before = digests()
    assert all(int(count) > 0 for count, _ in before.values())
    for table in DERIVED:
        zhongcao.sql("folder", f"TRUNCATE TABLE {table}")
    assert all(digests()[table] != before[table] for table in DERIVED)

    [recipe] = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    for statement in recipe.split(";")[:-1]:
        zhongcao.sql("folder", statement.strip())
    zhongcao.ok("rebuild", "--embedded", "folder")
    assert digests() == before
