"""After a crash the offsets that were not committed are read again, and the rows come out the same."""

import pytest
from one_partition import OnePartition
from oracle.messages import encoded
from oracle.records import DAY, at, pay, save, view

from schemas.errors import StateError
from streams.batch import Round
from streams.event_time import LogRange

PAID = at("2024-06-18 20:00")


def test_a_batch_whose_rows_were_lost(partition: OnePartition) -> None:
    partition.feed(view(PAID - 1))
    paid = encoded(pay(PAID))
    partition.read([paid], acknowledge=False)
    assert partition.conversions == {}
    partition.restart()
    partition.read([paid])
    assert partition.path() == [PAID - 1]
    assert partition.reasons == []


def test_the_same_batch_in_other_cuts(partition: OnePartition) -> None:
    views = [encoded(view(PAID - i)) for i in range(6)]
    partition.feed(pay(PAID))
    partition.read(views[:4], acknowledge=False)
    partition.restart()
    for cut in (views[:1], views[1:5], views[5:]):
        partition.read(cut)
    assert partition.path() == [PAID - i for i in reversed(range(6))]
    assert len(partition.sink.rows("touches")) == 6


def test_an_event_that_was_in_time_is_so_again_although_time_has_moved_on(partition) -> None:
    saved = encoded(save(PAID - 1))
    partition.read([saved], acknowledge=False)
    partition.feed(pay(PAID), pay(PAID + 9 * DAY, "s2"))
    partition.restart()
    partition.read([saved])
    assert [row["too_late"] for row in partition.sink.rows("touches")] == [False]
    assert partition.path() == [PAID - 1]


def test_an_event_that_was_too_late_is_so_again(partition: OnePartition) -> None:
    partition.feed(view(PAID))
    late = encoded(save(PAID - 4 * DAY))
    first = partition.read([late], acknowledge=False)
    partition.restart()
    again = partition.read([late])
    for processed in (first, again):
        assert processed.judged[0].too_late == 1


def test_nothing_is_forgotten_while_an_earlier_batch_is_not_committed(partition) -> None:
    partition.feed(view(PAID - 1))
    paid = encoded(pay(PAID))
    partition.read([paid], acknowledge=False)
    partition.feed_each(view(PAID + 300 * DAY), view(PAID + 301 * DAY))
    partition.restart()
    partition.read([paid])
    row = partition.conversions["s1"]
    assert (partition.path(), row["path_incomplete"], partition.late) == ([PAID - 1], 0, 0)


def test_nothing_is_forgotten_before_its_rows_are_acknowledged(partition: OnePartition) -> None:
    partition.feed(view(PAID - 1))
    purchases = [encoded(pay(PAID)), encoded(pay(PAID + 300 * DAY, "s2"))]
    partition.read(purchases, acknowledge=False)
    partition.restart()
    partition.read(purchases)
    assert partition.path() == [PAID - 1]
    assert partition.conversions["s1"]["path_incomplete"] == 0


def test_a_batch_of_another_topic_does_not_make_it_forget_what_is_to_be_replayed(partition) -> None:
    partition.feed(view(PAID - 1))
    paid = encoded(pay(PAID))
    partition.read([paid], acknowledge=False)
    partition.restart()
    partition.feed(view(PAID + 300 * DAY))
    partition.read([paid])
    row = partition.conversions["s1"]
    assert (partition.path(), row["path_incomplete"], partition.late) == ([PAID - 1], 0, 0)


def test_what_is_read_again_is_not_unread(partition: OnePartition) -> None:
    """Else time would stand still for events that come during the replay, and they would be judged otherwise."""
    purchases = [encoded(pay(PAID)), encoded(pay(PAID + 1, "s2"))]
    partition.read(purchases, acknowledge=False)
    partition.restart()
    partition.read(purchases[:1])
    partition.feed(view(PAID + 9 * DAY), view(PAID))
    assert partition.late == 1


def test_markers_behind_what_is_delivered_again_are_no_sign_of_a_rebuilt_topic(partition) -> None:
    """The first time the batch reached over a transaction's marker, the second time it was cut before it."""
    partition.feed(view(PAID - 1))
    logs = {"note-views": LogRange(0, 0, 0, markers=1)}
    batch = partition.batch([encoded(view(PAID))])
    with pytest.raises(StateError, match="the topic was made anew"):
        partition.pipeline.prepare(Round((batch,)), {"note-views": LogRange(0, 0, 0)})
    partition.pipeline.prepare(Round((batch,)), logs)
