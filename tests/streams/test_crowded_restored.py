"""A state that is restored from what the changelog keeps knows who is crowded, as the one that was there before."""

from collections.abc import Callable, Mapping

import pytest
from one_partition import OnePartition
from oracle.records import DAY, HOUR, pay, view

from streams.batch import Round
from streams.event_time import LogRange
from streams.kafka.topic_rules import CHANGELOG_SPARE_MS, configs_to_create
from streams.pipeline import Prepared
from streams.state import Change
from streams.state.keys import BUCKET_MS

BEGIN = 660 * BUCKET_MS
#: Crowded on the first day of a bucket; the last payment in time that reaches back to its last one.
CROWD = [view(BEGIN + n) for n in range(5)]
LAST = view(BEGIN + BUCKET_MS - HOUR)
NOW = view(BEGIN + 62 * DAY, user_id="u2")
PAID = pay(BEGIN + 60 * DAY - 2 * HOUR)


def test_a_crowd_of_long_ago(
    make_partition: Callable[..., OnePartition], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = (make_partition(crowded_touches=3) for _ in range(2))
    prepare, changes = one.pipeline.prepare, list[Change]()

    def noted(found: Round, logs: Mapping[str, LogRange]) -> Prepared:
        prepared = prepare(found, logs)
        changes.append(prepared.change)
        return prepared

    monkeypatch.setattr(one.pipeline, "prepare", noted)
    one.feed_each(*CROWD, LAST, NOW)
    config = configs_to_create(one.settings, 1)[one.settings.changelog_topic]
    kept_ms = int(config["retention.ms"]) - CHANGELOG_SPARE_MS
    for change in changes:
        if change.event_time.now >= NOW.record["occurred_at"] - kept_ms:
            two.pipeline.state.apply(change)
    for partition in (one, two):
        partition.feed(PAID)
        assert not partition.late
        row = partition.conversions["s1"]
        assert (row["path_truncated"], list(row["path.kind"])) == (1, [])
