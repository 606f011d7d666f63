"""docs/settings.md names every setting with its default and its range."""

import re
from dataclasses import fields
from pathlib import Path

from streams.settings import RANGES, Settings

PAGE = (Path(__file__).parents[2] / "docs/settings.md").read_text()


def shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    return f"`{value}`" if str(value) else "empty"


def test_every_setting_and_its_default() -> None:
    told = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", PAGE, re.MULTILINE))
    assert told == {field.name: shown(field.default) for field in fields(Settings)}


def test_every_range() -> None:
    told = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| (\d+, \d+) \|", PAGE, re.MULTILINE))
    assert told == {name: f"{least}, {most}" for name, (least, most, _) in RANGES.items()}
