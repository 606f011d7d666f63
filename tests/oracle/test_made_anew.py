"""States and their changelog are lost at any moment, and made anew of what is in ClickHouse: the same rows.

Defined in docs/definitions.md §3.1.
"""

import shutil
from random import Random

from kafka import TopicPartition

from oracle.conftest import Arena
from oracle.examples import seeds
from oracle.group import Group, Member
from oracle.histories import Shape, crowds, history, published
from oracle.list_log import ListLog
from oracle.messages import Logs
from oracle.test_moving_partitions import PARTITIONS, step
from rebuild.held import newest, reached
from rebuild.seed import Places, States, seed_into
from schemas.topics import SOURCE_TOPICS
from streams.changelog import Changelog
from streams.settings import Settings
from verify.expected import Rules
from verify.reading import Span


def make_anew(group: Group, members: list[Member]) -> None:
    """As an operator does: no worker runs, and what is committed stays."""
    for member in members:
        member.partitions.close()
        shutil.rmtree(member.folder, ignore_errors=True)
    group.changes, place = ListLog(), group.arena.place
    spans, behind = {}, {}
    for topic in SOURCE_TOPICS:
        for number in range(PARTITIONS):
            tp, end = TopicPartition(topic, number), group.committed[topic, number]
            spans[tp], behind[tp] = Span(0, end), Span(end, group.logs.length(topic, number))
    states = States(group.settings, place, Places(spans, behind, newest(place), reached(place, 0)))
    seeding = seed_into(Changelog(group.changes, 0, PARTITIONS), states, tuple, lambda *_: None)
    group.arena.loop.run_until_complete(seeding)
    for member in members:
        member._start()
        member.take_over(group.partitions_of(member))


@seeds(3)
def test_at_any_moment(arena: Arena, seed: int) -> None:
    arena.clear()
    rng = Random(seed)
    # Facts have one time of a payment that is stamped again, and so have states that are made of them.
    events = history(rng, Shape(60, 12, 60, rng.choice([1, 2, 7]), pays_again=False))
    rng.shuffle(events)
    settings = Settings(lookback_days=7, allowed_lateness_days=365, **crowds(rng))
    group = Group(settings, Logs(published(rng, events), PARTITIONS), arena)
    members = [Member(group, name) for name in ("one", "two")]
    group.assign({partition: rng.choice(members) for partition in range(PARTITIONS)})
    while group.unread():
        if rng.random() < 0.05:
            make_anew(group, members)
        step(rng, group, members)
    make_anew(group, members)
    for member in members:
        member.partitions.close()
    arena.verify(group.journal, Rules.of(settings))
