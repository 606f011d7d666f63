"""Where topics no longer hold what there was, rows whose window reaches there say so, and nowhere else.

Defined in docs/definitions.md §2.3, §4.5.
"""

import asyncio
from pathlib import Path

import pytest
from disk import Disk, logs
from one_partition import OnePartition
from oracle.list_log import ListLog
from oracle.records import DAY, at, pay, save, view

PAID = at("2024-06-18 20:00")


def incomplete(partition: OnePartition, sub_order: str = "s1") -> bool:
    return bool(partition.conversions[sub_order]["path_incomplete"])


def test_topics_that_begin_at_the_beginning_hold_everything(partition: OnePartition) -> None:
    partition.feed(view(PAID), pay(PAID + 1))
    assert not incomplete(partition)


@pytest.mark.parametrize("days", [0, 29, 30, 31])
def test_where_the_first_touch_is_not_the_first_there_was(make_partition, days: int) -> None:
    partition = make_partition()
    partition.log_start["note-views"] = partition.position["note-views"] = 7
    partition.feed_each(view(PAID), view(PAID - DAY), pay(PAID + days * DAY))
    assert partition.pipeline.state.held_since == PAID
    assert incomplete(partition) == (days < 30)


def test_a_topic_that_is_read_first_later_is_looked_at_then(partition: OnePartition) -> None:
    partition.log_start["note-saves"] = partition.position["note-saves"] = 7
    partition.feed_each(view(PAID), pay(PAID + 1))
    assert not incomplete(partition)
    partition.feed_each(save(PAID + DAY), pay(PAID + 2 * DAY, "s2"))
    assert incomplete(partition, "s2")
    partition.restart()
    partition.feed_each(save(PAID + 40 * DAY), pay(PAID + 40 * DAY, "s3"))
    assert partition.pipeline.state.held_since == PAID + DAY
    assert not incomplete(partition, "s3")


def test_payments_that_are_gone_are_no_touches(partition: OnePartition) -> None:
    partition.log_start["taobao-purchases"] = partition.position["taobao-purchases"] = 7
    partition.feed_each(view(PAID), pay(PAID + 1))
    assert not incomplete(partition)


def test_what_expired_before_it_was_read(partition: OnePartition) -> None:
    partition.feed(view(PAID - 9 * DAY))
    partition.expired["note-views"] = 3
    partition.feed_each(view(PAID), pay(PAID + 1))
    assert partition.pipeline.state.held_since == PAID
    assert incomplete(partition)


@pytest.mark.parametrize("epoch", [0, 1])
def test_topics_that_were_built_anew(make_partition, epoch: int) -> None:
    """They begin at 0, but with what was published since; a topic that comes later says nothing more."""
    partition = make_partition(epoch=epoch)
    partition.feed_each(view(PAID), pay(PAID + 1), save(PAID + DAY), pay(PAID + 40 * DAY, "s2"))
    assert (partition.pipeline.state.held_since == PAID) == (epoch == 1)
    assert (incomplete(partition), incomplete(partition, "s2")) == (epoch == 1, False)


def test_whoever_takes_the_partition_over_knows(tmp_path: Path) -> None:
    """Nothing but the changelog tells them."""
    log = ListLog()
    asyncio.run(Disk(tmp_path / "one", log, epoch=1).work(logs(view(PAID)), {}))
    other = Disk(tmp_path / "two", log, epoch=1)
    asyncio.run(other.take_over())
    assert other.partitions.state(0).held_since == PAID
    other.partitions.close()
