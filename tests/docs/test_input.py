"""docs/input.md tells the fields of the contracts."""

import json
import re
from pathlib import Path

import pytest

from schemas.registry import DirectoryRegistry
from schemas.topics import SOURCE_TOPICS

PAGE = (Path(__file__).parents[2] / "docs/input.md").read_text()
COMMON = {"user_id", "brand_id", "occurred_at"}


@pytest.mark.parametrize("topic", SOURCE_TOPICS)
def test_fields(topic: str) -> None:
    [row] = re.findall(rf"^\| `{topic}` \| (.*) \|$", PAGE, re.MULTILINE)
    told = dict(re.findall(r"`(\w+)`(\??)", row))
    contract = json.loads(DirectoryRegistry().current(topic).text)
    fields = {
        field["name"]: "?" if "default" in field else ""
        for field in contract["fields"]
        if field["name"] not in COMMON
    }
    assert told == fields
