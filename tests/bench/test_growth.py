"""Growth measures what it says: states that a worker could have, and events that belong to them."""

from collections import Counter

import numpy as np
import polars as pl
import pytest

from bench.growth.crowd import CYCLE, FILLED_FOR_DAYS, FILLED_MS, SHARES, Crowd
from bench.growth.events import events
from bench.growth.fill import STEP, steps
from schemas.codec import Codec
from schemas.columns import binary
from schemas.registry import DirectoryRegistry
from schemas.topics import NOTE_VIEWS, SOURCE_TOPICS, TAOBAO_PURCHASES
from streams.partitioning import partition_of
from streams.settings import Settings
from streams.state import keys
from streams.timeunits import DAY_MS

TOUCHES, EVENTS, PARTITIONS = 30_000, 4_000, 3
ALL = TOUCHES + EVENTS
IDENTITY = ("user_id", "brand_id", "note_id")


@pytest.fixture(scope="module")
def crowd() -> Crowd:
    return Crowd(TOUCHES, EVENTS, PARTITIONS)


def views(crowd: Crowd, first: int = 0, behind: int = TOUCHES) -> pl.DataFrame:
    return crowd.records(NOTE_VIEWS, crowd.numbers(NOTE_VIEWS, first, behind))


@pytest.mark.parametrize("topic", SOURCE_TOPICS)
def test_a_touch_is_a_function_of_its_number(crowd: Crowd, topic: str) -> None:
    numbers = crowd.numbers(topic, 0, ALL)
    together = crowd.records(topic, numbers)
    assert Crowd(TOUCHES, EVENTS, PARTITIONS).records(topic, numbers).equals(together)
    some = np.random.default_rng(1).permutation(len(numbers))[:20]
    assert crowd.records(topic, numbers[some]).equals(together[some])


@pytest.mark.parametrize("topic", SOURCE_TOPICS)
def test_users_lie_where_kafka_puts_them(crowd: Crowd, topic: str) -> None:
    numbers = crowd.numbers(topic, 0, ALL)
    users = crowd.records(topic, numbers)["user_id"]
    expected = [partition_of(user.encode(), PARTITIONS) for user in users]
    assert crowd.partitions_at(numbers).tolist() == expected


def test_times_ascend_over_as_long_as_a_state_holds_them(crowd: Crowd) -> None:
    at = crowd.occurred_at(np.arange(ALL))
    assert (np.diff(at) > 0).all()
    assert at[TOUCHES - 1] == FILLED_MS
    assert Settings().retention_ms == FILLED_FOR_DAYS * DAY_MS
    assert 0 <= at[0] - (FILLED_MS - FILLED_FOR_DAYS * DAY_MS) < FILLED_FOR_DAYS * DAY_MS / 1_000
    assert at[-1] < FILLED_MS + DAY_MS


def test_no_touch_expires_while_the_events_come(crowd: Crowd) -> None:
    first, last = crowd.occurred_at(np.array([0, ALL - 1])).tolist()
    assert keys.bucket_of(last - Settings().retention_ms) <= keys.bucket_of(first)


@pytest.mark.parametrize(("first", "behind"), [(0, TOUCHES), (TOUCHES, ALL)])
def test_shares(crowd: Crowd, first: int, behind: int) -> None:
    shares = [
        len(crowd.numbers(topic, first, behind)) / (behind - first) for topic in SOURCE_TOPICS
    ]
    assert shares == [0.95, 0.03, 0.015, 0.005] == [share / CYCLE for share in SHARES]


def test_users_have_some_touches_of_a_few_brands(crowd: Crowd) -> None:
    seen = views(crowd).group_by("user_id").agg(pl.len(), pl.col("brand_id").n_unique())
    assert seen["len"].mean() == pytest.approx(15 * 0.95, rel=0.02)
    assert seen["brand_id"].max() == 3
    assert views(crowd)["brand_id"].n_unique() == 100
    assert (
        views(crowd).group_by("brand_id").agg(pl.col("note_id").n_unique())["note_id"].max() <= 200
    )


def test_what_comes_then_refers_to_what_was_seen(crowd: Crowd) -> None:
    seen = views(crowd).filter(
        pl.col("occurred_at") >= crowd.occurred_at(np.array([ALL]))[0] - 30 * DAY_MS
    )
    for topic in SOURCE_TOPICS[1:]:
        come = crowd.records(topic, crowd.numbers(topic, TOUCHES, ALL))
        on = IDENTITY[:2] if topic == TAOBAO_PURCHASES else IDENTITY
        assert len(come.join(seen, on=on, how="semi")) == len(come) > 0
        assert come["user_id"].n_unique() > 0.9 * len(come)


def test_the_changes_have_every_touch_once_in_the_partition_of_its_user(crowd: Crowd) -> None:
    found: Counter[bytes] = Counter()
    for behind, changes in steps(crowd):
        assert behind <= TOUCHES
        for partition, change in changes:
            touches = change.entries["key"].head(len(change.entries) - change.actors)
            assert {partition_of(u.encode(), PARTITIONS) for u in keys.users_of(touches)} == {
                partition
            }
            assert change.event_time.now == crowd.occurred_at(np.array([behind - 1]))[0]
            found.update(touches.to_list())
    assert len(found) == found.total() == TOUCHES


def test_a_step_has_about_so_many_touches_of_a_partition() -> None:
    behind, changes = next(steps(Crowd(2 * STEP * PARTITIONS, 0, PARTITIONS)))
    assert behind == STEP * PARTITIONS
    sizes: Counter[int] = Counter()
    for partition, change in changes:
        sizes[partition] += len(change.entries) - change.actors
    assert all(abs(size - STEP) < STEP / 10 for size in sizes.values())


def test_events_come_in_the_order_of_time_and_keep_their_contracts(crowd: Crowd) -> None:
    codec, come = Codec(DirectoryRegistry()), list(events(crowd))
    assert Counter(event.topic for event in come) == dict(
        zip(SOURCE_TOPICS, (3800, 120, 60, 20), strict=True)
    )
    times = [event.record["occurred_at"] for event in come]
    assert times == sorted(times)
    for topic in SOURCE_TOPICS:
        values = [codec.encode(topic, event.record) for event in come if event.topic == topic]
        assert codec.decode(topic, binary(values)).rejects == []
