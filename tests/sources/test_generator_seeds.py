"""Traffic of several seeds can be one history: no id of an event is that of another seed's."""

from itertools import combinations

import pytest

from sources.generator import Traffic, generate

IDS = ("note_id", "click_id", "txn_id", "order_id", "sub_order_id")


def ids(seed: int) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {name: set() for name in IDS}
    for event in generate(Traffic(events=20_000, junk_share=0, seed=seed)):
        for name in IDS:
            if event.record.get(name):
                found[name].add(event.record[name])
    return found


def test_seeds_share_no_ids() -> None:
    all_of = [ids(seed) for seed in (0, 1, 2, 5, 7)]
    for one, other in combinations(all_of, 2):
        assert {name: one[name] & other[name] for name in IDS} == {name: set() for name in IDS}


@pytest.mark.parametrize("seed", [0, 2**63 - 1])
def test_the_largest_seed(seed: int) -> None:
    assert {len(order) for order in ids(seed)["order_id"]} == {19}
