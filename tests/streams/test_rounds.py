"""What is handed out at once: batches of one partition number, of each topic one."""

import pytest
from faust.types import TP
from one_partition import OnePartition
from oracle.messages import encoded
from oracle.parts import whole
from oracle.records import at, click, pay, save, view
from test_abreast import ALL, batch

from schemas.topics import FORGET_REQUESTS, NOTE_SAVES, NOTE_VIEWS, TAOBAO_PURCHASES
from streams.batch import Round
from streams.event_time import LogRange
from streams.transport import abreast
from streams.transport.abreast import Abreast

PAID = at("2024-06-18 20:00")


def rounds(*fetches: list, unread: tuple[str, ...] = ()) -> list[list[tuple[str, int, list[int]]]]:
    """Batches of each round: topic, partition, timestamps. fetches: the batches of one fetch of a partition."""
    waiting = Abreast(lambda tp: tp.topic in unread, lambda: 0.0, lambda: 1e9)
    for batches in fetches:
        waiting.put(TP(batches[0].topic, batches[0].partition), batches)
    found = []
    while (taken := waiting.take(ALL)) is not None:
        found.append([(b.topic, b.partition, b.timestamps.tolist()) for b in taken.batches])
    return found


def test_topics_of_a_number_go_together_and_numbers_in_turn() -> None:
    assert rounds(
        [batch(NOTE_SAVES, [5])],
        [batch(NOTE_VIEWS, [4], partition=1), batch(NOTE_VIEWS, [6], partition=1, start=1)],
        [batch(NOTE_VIEWS, [1, 2]), batch(NOTE_VIEWS, [3, 9], start=2)],
    ) == [
        [(NOTE_VIEWS, 0, [1, 2])],
        [(NOTE_VIEWS, 1, [4])],
        [(NOTE_VIEWS, 0, [3, 9]), (NOTE_SAVES, 0, [5])],
        [(NOTE_VIEWS, 1, [6])],
    ]


def test_of_what_is_ahead_only_as_much_as_the_first_batches_reach() -> None:
    assert rounds(
        [batch(NOTE_SAVES, [2, 4])],
        [batch(NOTE_VIEWS, [1, 3]), batch(NOTE_VIEWS, [9], start=2)],
        unread=(NOTE_VIEWS,),
    ) == [
        [(NOTE_VIEWS, 0, [1, 3]), (NOTE_SAVES, 0, [2])],
        [(NOTE_VIEWS, 0, [9]), (NOTE_SAVES, 0, [4])],
    ]


def test_requests_to_forget_are_rounds_of_their_own() -> None:
    assert rounds([batch(NOTE_VIEWS, [1])], [batch(FORGET_REQUESTS, [7])]) == [
        [(FORGET_REQUESTS, 0, [7])],
        [(NOTE_VIEWS, 0, [1])],
    ]


@pytest.mark.parametrize(("most", "together"), [(4, True), (3, False)])
def test_a_round_is_no_larger_than_its_change_may_be(
    monkeypatch: pytest.MonkeyPatch, most: int, together: bool
) -> None:
    """Each of these records has a value of one byte."""
    monkeypatch.setattr(abreast, "MAX_ROUND_BYTES", most)
    found = rounds([batch(NOTE_VIEWS, [1, 2])], [batch(TAOBAO_PURCHASES, [1, 2])])
    views, purchases = (NOTE_VIEWS, 0, [1, 2]), (TAOBAO_PURCHASES, 0, [1, 2])
    assert found == ([[views, purchases]] if together else [[views], [purchases]])


def test_rows_of_a_round_are_made_once(partition: OnePartition) -> None:
    events = [view(PAID - 9), save(PAID - 8), click(PAID - 7), pay(PAID), view(PAID - 3)]
    messages = [encoded(event) for event in sorted(events, key=lambda event: event.topic)]
    by_topic: dict[str, list] = {}
    for message in messages:
        by_topic.setdefault(message.topic, []).append(message)
    found = Round(tuple(map(partition.batch, by_topic.values())))
    logs = {topic: LogRange(0, end, 0) for topic, end in partition.log_end.items()}
    processed = whole(partition.pipeline.parts(partition.pipeline.prepare(found, logs)))
    for block in processed.blocks:
        partition.sink.insert(block)
    assert partition.path() == [PAID - 9, PAID - 8, PAID - 7, PAID - 3]
    assert len(partition.sink.rows("conversions")) == 1
    [journey] = partition.sink.rows("journeys")
    assert journey["chain_purchased_at"] == PAID
