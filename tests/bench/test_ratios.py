"""Codec, state, join and inserts against something of their kind in the same run: by how much, never how long.

Each bound is about twice the ratio that was seen, so a machine's mood passes and a slip by a factor of two does not.
"""

import json
from collections.abc import Callable
from pathlib import Path
from timeit import timeit
from typing import Any

import numpy as np
import polars as pl
from clickhouse_driver import Client
from pytest_benchmark.fixture import BenchmarkFixture
from rocksdict import Options, Rdict
from sent import Sent

from schemas.codec import Codec
from schemas.columns import binary
from schemas.registry import DirectoryRegistry
from schemas.topics import NOTE_VIEWS
from sinks.client import ColumnClient
from sources.generator import generate
from sources.generator.traffic import Traffic
from streams.event_time import EventTime
from streams.events import to_events
from streams.history import Payment, Touch, Trigger
from streams.join import Owner, Steps, Touches, conversions, journeys
from streams.kinds import Kind
from streams.rows import fact_block
from streams.state import Change, PartitionState, Wanted
from streams.timeunits import DAY_MS

NOON = 1_750_000_000_000
ROUNDS = 25

CODEC = Codec(DirectoryRegistry())
VIEWS = [dict(e.record) for e in generate(Traffic(events=6_000)) if e.topic == NOTE_VIEWS][:5_000]
MESSAGES = binary([CODEC.encode(NOTE_VIEWS, view) for view in VIEWS])


def ratio(
    benchmark: BenchmarkFixture, subject: Callable[[], Any], reference: Callable[[], Any]
) -> float:
    """How long one takes against the other, each at its best, and turn by turn: what else runs would favour one."""
    of_reference: list[float] = []

    def refer() -> None:
        of_reference.append(timeit(reference, number=1))

    benchmark.pedantic(subject, setup=refer, rounds=ROUNDS, warmup_rounds=1)
    of_subject: float = benchmark.stats.stats.min
    return of_subject / min(of_reference)


def views() -> pl.DataFrame:
    frame = CODEC.decode(NOTE_VIEWS, MESSAGES).frame
    events = to_events(NOTE_VIEWS, frame, np.arange(len(frame)))
    return events.with_columns(too_late=np.zeros(len(frame), dtype=np.bool_))


def change() -> Change:
    """What these views add to the state."""
    return Change.of([views()], {NOTE_VIEWS: len(VIEWS)}, EventTime(NOON, {NOTE_VIEWS: NOON}))


def test_messages_are_decoded_faster_than_json(benchmark: BenchmarkFixture) -> None:
    as_json = [json.dumps(view) for view in VIEWS]

    def reference() -> None:
        for text in as_json:
            json.loads(text)

    found = ratio(benchmark, lambda: CODEC.decode(NOTE_VIEWS, MESSAGES), reference)
    assert CODEC.decode(NOTE_VIEWS, MESSAGES).frame.height == len(VIEWS) == 5_000
    assert found < 0.8


def test_histories_against_entries_read_one_by_one(
    benchmark: BenchmarkFixture, tmp_path: Path
) -> None:
    added, state = change(), PartitionState(tmp_path / "state")
    state.apply(added)
    wanted = [
        Wanted(view["user_id"], view["brand_id"], view["occurred_at"], {view["note_id"]})
        for view in VIEWS[:500]
    ]
    entries = added.entries["key"].to_list()[:500]

    def subject() -> int:
        with state.reader() as reader:
            return sum(len(history.steps) for history in reader.histories(wanted))

    store = Rdict(str(tmp_path / "plain"), Options(raw_mode=True))
    for key, value in added.entries.rows():
        store[key] = value
    found = ratio(benchmark, subject, lambda: [store[key] for key in entries])
    assert subject() >= len(wanted)
    store.close()
    state.close()
    assert found < 25


def test_rows_against_a_loop_over_all_touches(
    benchmark: BenchmarkFixture,
) -> None:
    touches = tuple(
        Touch(NOON + number * 60_000, Kind.VIEW, f"n{number % 20}", "", "", False, "SEARCH")
        for number in range(400)
    )
    payments = tuple(
        Payment(NOON + day * DAY_MS // 10, "TAOBAO", f"s{day}", f"t{day}", "o", "p", "i", 1, None)
        for day in range(1, 6)
    )
    triggers = [Trigger(paid.occurred_at, Kind.PAY, "", paid.sub_order) for paid in payments]

    def subject() -> tuple[int, int]:
        paths = conversions(Owner("u", "b", 1), Touches(touches), payments, triggers, [])
        steps = Steps.of((touch[:3] for touch in touches), [paid.occurred_at for paid in payments])
        rows = journeys("u", "b", steps, triggers, 30)
        return sum(len(row.path) for row in paths), len(list(rows))

    def reference() -> int:
        return sum(
            len([touch for touch in touches if 0 <= paid.occurred_at - touch.occurred_at <= DAY_MS])
            for paid in payments
        )

    found = ratio(benchmark, subject, reference)
    assert subject()[0] == reference() > 0
    assert found < 10


def test_a_change_is_put_faster_than_its_entries_one_by_one(
    benchmark: BenchmarkFixture, tmp_path: Path
) -> None:
    added, state = change(), PartitionState(tmp_path / "state")
    store = Rdict(str(tmp_path / "plain"), Options(raw_mode=True))
    entries = added.entries.rows()

    def reference() -> None:
        for key, value in entries:
            store[key] = value

    found = ratio(benchmark, lambda: state.apply(added), reference)
    assert set(store.keys()) == {key for key, _ in entries}
    store.close()
    state.close()
    assert found < 0.8


def test_touches_are_sent_faster_than_as_lists(
    benchmark: BenchmarkFixture, query: Callable[[str], list[tuple[str, str]]]
) -> None:
    frame = pl.concat([fact_block(views()).frame] * 20)
    known = dict(
        query(
            "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = 'touches'"
        )
    )
    types = [(name, known[name]) for name in frame.columns]
    ours, drivers = Sent(ColumnClient("nowhere"), types), Sent(Client("nowhere"), types)

    def subject() -> bytes:
        return ours(frame.get_columns())

    def reference() -> bytes:
        return drivers([column.to_list() for column in frame])

    found = ratio(benchmark, subject, reference)
    assert subject() == reference()
    assert len(frame) == 100_000
    assert found < 0.3
