"""docs/operations.md tells which releases are tried."""

import re
from pathlib import Path

from chdb import engine_version

from engines.wheels import WHEELS

PAGE = (Path(__file__).parents[2] / "docs/operations.md").read_text()
ROW = re.compile(r"^\| (\d+\.\d+)\S* ?(?:long-term )?\| ([\w. -]+) \|", re.MULTILINE)


def test_every_release_is_in_the_table() -> None:
    newest = ".".join(engine_version.split(".")[:2])
    told = {release: wheel.replace(" ", "==") for release, wheel in ROW.findall(PAGE)}
    assert told.pop(newest)
    assert told == WHEELS
