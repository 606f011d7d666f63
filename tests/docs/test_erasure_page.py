"""docs/erasure.md names every table, and the figures of the code."""

import re
from pathlib import Path

from sinks.erase import OF_USERS
from streams.cli.forget import WAIT_S
from streams.kafka.topic_rules import configs_to_create
from streams.settings import Settings
from streams.timeunits import DAY_MS

PAGE = (Path(__file__).parents[2] / "docs/erasure.md").read_text()


def test_every_table() -> None:
    told = re.findall(r"^\| `(\w+)` \| (?:`user_id`|the key) ?", PAGE, re.MULTILINE)
    assert told == list(OF_USERS)


def test_how_long_the_command_waits() -> None:
    assert f"({WAIT_S} unless said otherwise)" in PAGE


def test_how_long_topics_keep_what_is_left() -> None:
    settings = Settings()
    configs = configs_to_create(settings, 1)
    days = [
        int(configs[topic]["retention.ms"]) // DAY_MS
        for topic in ("note-views", settings.changelog_topic, "dead-letters")
    ]
    assert f"{days[0]}, {days[1]} and {days[2]} days as created" in PAGE
