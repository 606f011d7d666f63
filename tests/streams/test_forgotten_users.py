"""Of a user who was forgotten nothing is kept, in the state and in the rows; for the others nothing changes.

Defined in docs/definitions.md §2.1, §11.3.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import groupby
from typing import Any

import pytest
from held_users import files_naming
from one_partition import OnePartition
from oracle.messages import Message, damaged, encoded
from oracle.records import DAY, at, but, click, pay, refund, save, unsave, view

from schemas.errors import StateError
from schemas.rejects import Reason
from schemas.topics import SourceEvent
from sinks.tables import PROGRESS, TABLES
from streams.erasure.requests import Request
from streams.state import database

PAID = at("2024-06-18 20:00")
GONE, STAYS = "person-to-forget", "u2"
Make = Callable[..., OnePartition]


def forget(partition: OnePartition, user_id: str = GONE) -> None:
    partition.pipeline.state.forget([Request.of(user_id)])


def of(user_id: str) -> list[SourceEvent]:
    """A bit of everything, over several buckets of the state."""
    ids = {"user_id": user_id, "brand_id": "b1"}
    return [
        view(PAID - 25 * DAY, **ids),
        view(PAID - 2 * DAY, **ids),
        save(PAID - DAY, **ids),
        unsave(PAID - DAY + 1, **ids),
        click(PAID - 2, **ids),
        pay(PAID, f"s-{user_id}", **ids),
        refund(PAID + 1, f"s-{user_id}", **ids),
    ]


def in_turns(*events: list[SourceEvent]) -> list[SourceEvent]:
    return [event for turn in zip(*events, strict=True) for event in turn]


def rows(partition: OnePartition, but_of: str = "nobody") -> list[tuple[str, dict[str, Any]]]:
    """(table, row) of everything that was written of users, except what is of one of them."""
    return [
        (table, row)
        for table in TABLES
        if table != PROGRESS
        for row in partition.sink.rows(table)
        if but_of not in (row.get("user_id"), (row.get("key") or b"").decode())
    ]


@pytest.mark.parametrize(
    ("gone", "stays"),
    [
        ("u1", "u12"),
        ("u1", "u1:"),
        ("u", "e"),
        ("用户", "用户1"),
        ("x" * 64, "x" * 63),
        ("02", "2"),
    ],
)
def test_a_history_is_gone_and_those_beside_it_are_not(
    make_partition: Make, gone: str, stays: str
) -> None:
    partition, alone = make_partition(), make_partition()
    partition.feed(*in_turns(of(gone), of(stays)))
    alone.feed(*of(stays))
    forget(partition, gone)
    for one in (partition, alone):
        one.sink.blocks.clear()
        one.feed(pay(PAID + 5, "later", user_id=stays, brand_id="b1"))
    assert partition.path("later") == alone.path("later")
    assert partition.held() == alone.held() == {stays}


@pytest.mark.parametrize("on_disk", [False, True])
def test_no_file_of_the_folder_names_the_user(partition: OnePartition, on_disk: bool) -> None:
    partition.feed(*in_turns(of(GONE), of(STAYS)))
    if on_disk:
        partition.restart()
    assert files_naming(partition.folder, GONE)
    forget(partition)
    assert files_naming(partition.folder, GONE) == []
    assert files_naming(partition.folder, STAYS)


def test_an_interrupted_rewriting_of_files_is_done_at_the_next_start(
    partition: OnePartition, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(*_: object) -> None:
        raise OSError("no space left")

    partition.feed(*in_turns(of(GONE), of(STAYS)))
    partition.restart()
    with monkeypatch.context() as patched:
        patched.setattr(database, "compact", no_space)
        with pytest.raises(StateError, match="no space left"):
            forget(partition)
    assert files_naming(partition.folder, GONE)
    for _ in range(2):
        partition.restart()
        assert files_naming(partition.folder, GONE) == []
    assert partition.held() == {STAYS}


@pytest.mark.parametrize("restarts", [False, True])
def test_what_comes_later_is_left_out(partition: OnePartition, restarts: bool) -> None:
    partition.feed(*in_turns(of(GONE), of(STAYS)))
    forget(partition)
    if restarts:
        partition.restart()
    partition.sink.blocks.clear()
    processed = partition.feed(*of(GONE), pay(PAID + 9, "new", user_id=GONE))
    assert rows(partition) == []
    assert sum(found.judged[0].left_out for found in processed) == 8
    assert partition.held() == {STAYS}


def test_a_replay_writes_what_it_would_if_the_user_had_never_been(make_partition: Make) -> None:
    events = in_turns(of(GONE), of(STAYS))
    known, never = make_partition(), make_partition()
    forget(never)
    known.feed(*events)
    never.feed(*events)
    assert rows(known, but_of=GONE) == rows(never)
    assert {row["user_id"] for _, row in rows(never)} == {STAYS}


def test_a_request_may_come_again(partition: OnePartition) -> None:
    partition.feed(*in_turns(of(GONE), of(STAYS)))
    for _ in range(2):
        forget(partition)
        forget(partition)
        partition.pipeline.state.forget([Request.of(GONE).fulfilled()])
        partition.feed(*of(GONE))
        partition.restart()
    assert partition.pipeline.state.forgotten == {Request.of(GONE).hash}
    assert partition.held() == {STAYS}


def test_a_hash_is_enough(partition: OnePartition) -> None:
    """A disk that was away when the request was fulfilled finds only the hash."""
    partition.feed(*in_turns(of(GONE), of(STAYS)))
    partition.pipeline.state.forget([Request.of(GONE).fulfilled(), Request("0" * 64)])
    assert partition.held() == {STAYS}


def messages(events: list[SourceEvent]) -> Iterator[list[Message]]:
    for _, batch in groupby(events, lambda event: event.topic):
        yield [encoded(event) for event in batch]


def test_event_time_does_not_depend_on_who_was_forgotten(make_partition: Make) -> None:
    """It is the forgotten user who moves it past another's event."""
    events = [
        view(PAID, user_id=STAYS),
        view(PAID + 10 * DAY, user_id=GONE),
        view(PAID + 1, user_id=STAYS),
        *of(GONE),
        save(PAID + 2, user_id=STAYS),
        pay(PAID + 40 * DAY, user_id=GONE),
        click(PAID + 39 * DAY, user_id=STAYS),
    ]
    known, gone = make_partition(), make_partition()
    forget(gone)
    for batch in messages(events):
        for partition in (known, gone):
            partition.read(batch)
        clocks = [partition.pipeline.state.event_time for partition in (known, gone)]
        assert clocks[0] == clocks[1]
    assert rows(known, but_of=GONE) == rows(gone)
    assert gone.late == 2


def test_messages_that_cannot_be_used_are_no_dead_letters(partition: OnePartition) -> None:
    forget(partition)
    event = view(PAID, user_id=GONE)
    undecodable = (Reason.NOT_WIRE_FORMAT, Reason.UNKNOWN_SCHEMA, Reason.UNDECODABLE)
    unusable = [
        *(damaged(event, reason) for reason in undecodable),
        encoded(but(event, note_id="")),
        encoded(but(event, occurred_at=PAID + 3 * DAY)),
        replace(encoded(but(event, note_id="x" * 65)), key=b"another key"),
        replace(encoded(but(event, user_id="", note_id="n2")), key=GONE.encode()),
    ]
    [judged] = partition.read(unusable).judged
    assert rows(partition) == []
    assert (judged.left_out, judged.rejects) == (len(unusable), [])


def test_dead_letters_of_others_stay(partition: OnePartition) -> None:
    forget(partition)
    event = view(PAID, user_id=STAYS)
    keyless = replace(damaged(event, Reason.UNDECODABLE), key=None)
    [judged] = partition.read(
        [damaged(event, Reason.NOT_WIRE_FORMAT), keyless, encoded(but(event, note_id=""))]
    ).judged
    assert partition.reasons == ["not_wire_format", "undecodable", "invalid_field"]
    assert judged.left_out == 0


def test_an_event_under_the_key_of_a_forgotten_user_is_its_own_users(
    partition: OnePartition,
) -> None:
    """Its row has no key; a dead letter would have."""
    forget(partition)
    partition.feed(view(PAID, user_id=STAYS))
    late = replace(encoded(save(PAID - 9 * DAY, user_id=STAYS)), key=GONE.encode())
    [judged] = partition.read([late]).judged
    assert [row["user_id"] for row in partition.sink.rows("touches")] == [STAYS, STAYS]
    assert (partition.late, judged.left_out) == (1, 0)
    broken = replace(encoded(save(PAID, user_id=STAYS, brand_id="")), key=GONE.encode())
    [judged] = partition.read([broken]).judged
    assert (partition.reasons, judged.left_out) == ([], 1)
