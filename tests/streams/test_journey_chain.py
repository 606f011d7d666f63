"""The ordered funnel view → save → click → purchase, beside the steps that stand each for itself.

Defined in docs/definitions.md §6.2, §6.3.
"""

from itertools import permutations

import pytest
from one_partition import OnePartition
from oracle.records import HOUR, at, click, pay, save, unsave, view

T = at("2024-06-18 12:00")

CASES = {
    "all at once": (
        [view(T), save(T), click(T), pay(T)],
        {"saved_at": T, "clicked_at": T, "purchased_at": T}
        | {"chain_clicked_at": T, "chain_purchased_at": T},
    ),
    "click before save": (
        [view(T), click(T + 1), save(T + 2), pay(T + 3)],
        {"saved_at": T + 2, "clicked_at": T + 1, "purchased_at": T + 3},
    ),
    "a second click after the save": (
        [view(T), click(T + 1), save(T + 2), click(T + 3), pay(T + 4)],
        {"saved_at": T + 2, "clicked_at": T + 1, "purchased_at": T + 4}
        | {"chain_clicked_at": T + 3, "chain_purchased_at": T + 4},
    ),
    "paid before the click and after it": (
        [view(T), save(T + 1), pay(T + 2), click(T + 3), pay(T + HOUR, "s2")],
        {"saved_at": T + 1, "clicked_at": T + 3, "purchased_at": T + 2}
        | {"chain_clicked_at": T + 3, "chain_purchased_at": T + HOUR},
    ),
    "never saved": (
        [view(T), click(T + 1), pay(T + 2)],
        {"clicked_at": T + 1, "purchased_at": T + 2},
    ),
    "saved before it was viewed": (
        [save(T - 1), view(T), click(T + 1)],
        {"clicked_at": T + 1},
    ),
    "an unsave is no step": (
        [view(T), unsave(T + 1), click(T + 2)],
        {"clicked_at": T + 2},
    ),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("one_batch_each", [False, True])
def test_steps(make_partition, case: str, one_batch_each: bool) -> None:
    events, steps = CASES[case]
    for order in list(permutations(events))[:: 1 if len(events) < 4 else 7]:
        partition: OnePartition = make_partition()
        feed = partition.feed_each if one_batch_each else partition.feed
        feed(*order)
        [times] = partition.journeys.values()
        assert times == {"entered_at": T} | steps
