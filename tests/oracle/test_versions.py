"""The version of a conversion only grows as its set of events grows.

Defined in docs/definitions.md §4.7.
"""

from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from oracle.examples import seeds
from oracle.histories import Shape, history, published
from oracle.messages import Logs
from oracle.schedule import run
from oracle.worker import Worker
from sinks.memory import MemorySink
from streams.settings import Settings


@seeds(3)
def test_a_fuller_row_has_a_greater_version(seed: int) -> None:
    successions = rows_by_sub_order(seed)
    grown = 0
    for rows in successions.values():
        whole = [row for row in rows if not row["path_incomplete"]]
        for before, after in pairwise(whole):
            if before["paid_at"] < after["paid_at"]:  # computed without reading back to the deposit
                assert before["version"] > after["version"]
            elif content(before) == content(after):
                assert before["version"] <= after["version"]
            else:
                assert before["version"] < after["version"]
                grown += 1
    assert grown > 0


@seeds(3)
def test_an_incomplete_row_replaces_no_complete_one(seed: int) -> None:
    for rows in rows_by_sub_order(seed).values():
        whole = [row for row in rows if not row["path_incomplete"]]
        for part in (row for row in rows if row["path_incomplete"]):
            earlier = [row for row in whole if row["paid_at"] <= part["paid_at"]]
            assert earlier
            assert part["version"] < min(row["version"] for row in earlier)


@cache
def rows_by_sub_order(seed: int) -> dict[str, list[dict[str, Any]]]:
    """The rows of each sub-order in the order in which one worker wrote them; everything was in time."""
    rng = Random(seed)
    messages = published(rng, history(rng, Shape(60, 15, 20, lookback_days=7)))
    sink = MemorySink()
    with TemporaryDirectory() as folder:
        settings = Settings(lookback_days=7, allowed_lateness_days=365)
        run(rng, Worker(settings, Logs(messages, 1), sink, Path(folder)), batch_records=20)
    found: dict[str, list[dict[str, Any]]] = {}
    for row in sink.rows("conversions"):
        found.setdefault(row["sub_order_id"], []).append(row)
    return found


def content(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "version"}
