"""docs/upgrading.md has every format, and its sentences are those of the code."""

import re
from pathlib import Path

from schemas.topics import SOURCE_TOPICS
from streams.cli import COMMANDS
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


def test_every_topic_is_read_from_the_beginning() -> None:
    [step] = re.findall(r"^4\. Have the group (.*?)^5\. ", PAGE, re.MULTILINE | re.DOTALL)
    assert {f"`{topic}`" for topic in SOURCE_TOPICS} <= set(re.findall(r"`[\w-]+`", step))
    assert f"--group {Settings().group} " in step
    assert Settings().changelog_topic in PAGE


def test_the_readmes_name_it() -> None:
    for name in ("README.md", "README.zh-CN.md"):
        assert "docs/upgrading.md" in (ROOT / name).read_text()
