"""A rebuild may end anywhere, and be done again: rows are never worse for it, and nothing is told to be covered."""

from collections.abc import Collection
from random import Random

import pytest
from ground import FACTS, PATIENT, Ground, at_times, workers
from oracle.examples import seeds
from oracle.histories import Shape, history

from rebuild import facts
from schemas.errors import BrokerError


class Cut(BrokerError):
    """The process ends here, or Kafka is away."""


@seeds(3)
def test_cut_off_and_done_again(
    ground: Ground, right: Ground, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(facts, "PART", 40)
    for one in (ground, right):
        one.clear()
    rng, of_one = Random(seed), {"allowed_lateness_days": PATIENT, "crowded_sub_orders": 3}
    events = list(
        {
            one.record.get("txn_id", str(one)): one for one in history(rng, Shape(15, 12, 60, 30))
        }.values()
    )
    right.put(at_times(events), **of_one)
    ground.put(events, *FACTS, **of_one)
    last = rng.randrange(1, 6)

    def cut(number: int) -> Collection[str]:
        if number == last:
            raise Cut
        return ()

    with monkeypatch.context() as patched:
        asked = workers(patched, cut)
        with pytest.raises(Cut):
            ground.rebuild(**of_one)
        assert asked.times > last
    assert ground.client.execute("SELECT count() FROM rebuilds") == [(0,)]
    ground.rebuild(**of_one)
    assert ground.rows() == right.rows()
    assert ground.client.execute("SELECT count() FROM rebuilds") == [(1,)]
