"""Histories that are read together are those that are read alone."""

from itertools import product

from one_partition import OnePartition
from oracle.records import DAY, at, click, pay, save, unsave, view

from streams.history import History
from streams.state import PartitionState, Wanted

T = at("2024-06-18 20:00")
#: In the order of keys some are neighbours, and some are not there.
WHO = list(product(["u", "u1", "u10", "v", "zz"], ["b", "b1", "c"]))


def read(state: PartitionState, *wanted: Wanted) -> list[History]:
    with state.reader() as reader:
        return list(reader.histories(wanted))


def test_together_or_alone(partition: OnePartition) -> None:
    occurred = {
        who: [T - day * DAY for day in range(35, -1, -7) if number % 5 and (number + day) % 3]
        for number, who in enumerate(WHO)
    }
    events = [
        view(time, user_id=u, brand_id=b) for (u, b), times in occurred.items() for time in times
    ]
    partition.feed(*sorted(events, key=lambda event: event.record["occurred_at"]))
    since = [T - days * DAY for days in [28, 0, 14, 40, 21] * 3]
    wanted = [Wanted(*who, time, {"n1"}) for who, time in zip(reversed(WHO), since, strict=True)]
    together = read(partition.pipeline.state, *wanted)
    assert together == [read(partition.pipeline.state, one)[0] for one in wanted]
    for one, history in zip(wanted, together, strict=True):
        times = [time for time in occurred[one.user_id, one.brand_id] if time >= one.since]
        assert [at for at, _, _ in history.steps] == times


def test_where_nothing_was_paid_views_and_saves_of_other_notes_are_left_out(
    partition: OnePartition,
) -> None:
    partition.feed(view(T), view(T, "n2"), save(T), save(T, "n2"), unsave(T), click(T))
    [unpaid] = read(partition.pipeline.state, Wanted("u1", "b1", T, {"n2"}))
    assert unpaid.steps == [(T, 1, "n2"), (T, 2, "n2"), (T, 4, "n1")]
    assert not unpaid.touches
    partition.feed(pay(T))
    [paid] = read(partition.pipeline.state, Wanted("u1", "b1", T, {"n2"}))
    assert [(touch.kind, touch.note_id) for touch in paid.touches] == [
        (1, "n1"),
        (1, "n2"),
        (2, "n1"),
        (2, "n2"),
        (4, "n1"),
    ]
    assert paid.steps == [touch[:3] for touch in paid.touches]


def test_clicks_at_one_time_go_by_note_whatever_its_length(partition: OnePartition) -> None:
    notes = ["n9", "n10", "n", "用户", "m"]
    partition.feed(*(click(T, note) for note in notes), pay(T))
    [history] = read(partition.pipeline.state, Wanted("u1", "b1", T, set()))
    assert [touch.note_id for touch in history.touches] == sorted(notes)
