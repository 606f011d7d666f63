"""The same parameters give the same events, in the same order, everywhere."""

import hashlib
import json
from itertools import islice

from sources.generator import Traffic, generate

#: Of the first 20,000 events of the default traffic. When this changes, everybody's generated
#: data changes: do it on purpose and say so in the changelog. If nothing here was touched, numpy
#: has changed its random streams.
FIRST_EVENTS = "d0ba6b2c0312e2530f71bb8890fe9afebc67a0e0651a0fbaf592501a45511818"


def digest(traffic: Traffic, count: int) -> str:
    sha = hashlib.sha256()
    for event in islice(generate(traffic), count):
        sha.update(json.dumps([event.topic, event.timestamp, event.record]).encode())
    return sha.hexdigest()


def test_the_default_traffic_never_changes() -> None:
    assert digest(Traffic(), 20_000) == FIRST_EVENTS


def test_the_same_seed_gives_the_same_events() -> None:
    traffic = Traffic(events=5_000, seed=9, junk_share=0.01)
    assert list(generate(traffic)) == list(generate(traffic))


def test_another_seed_gives_other_events() -> None:
    assert digest(Traffic(events=2_000, seed=1), 100) != digest(Traffic(events=2_000, seed=2), 100)
