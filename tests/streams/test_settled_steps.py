"""Steps that are settled, whenever that is, lead to the journeys of all steps."""

from random import Random

import pytest

from streams.history import Trigger
from streams.join import Journey, Steps, journeys
from streams.kinds import Kind
from streams.timeunits import DAY_MS

BEGIN = 19_000 * DAY_MS
LATENESS = 2 * DAY_MS
LOOKBACK_DAYS = 12


def put(steps: Steps, trigger: Trigger) -> list[Journey]:
    """The rows that a trigger changes."""
    steps.add(trigger.occurred_at, trigger.kind, trigger.note_id)
    return list(journeys("u", "b", steps, [trigger], LOOKBACK_DAYS))


def in_time(rng: Random, now: int) -> Trigger:
    """Something that comes as late as it may, at most; often at the time of something else."""
    kind = rng.choices([Kind.VIEW, Kind.SAVE, Kind.CLICK, Kind.PAY], [3, 2, 2, 2])[0]
    at = max(now - rng.randrange(9) * LATENESS // 8, BEGIN)
    return Trigger(at, kind, "" if kind is Kind.PAY else f"n{rng.randrange(2)}")


def size(steps: Steps) -> int:
    acted = [*steps.saves.values(), *steps.clicks.values(), steps.payments]
    return sum(map(len, acted))


@pytest.mark.parametrize("seed", range(60))
def test_journeys_are_those_of_all_steps(seed: int) -> None:
    rng = Random(seed)
    whole, settled, now = Steps(), Steps(), BEGIN
    for _ in range(250):
        now += rng.randrange(4) * DAY_MS // 8
        trigger = in_time(rng, now)
        assert put(settled, trigger) == put(whole, trigger)
        if rng.random() < 0.3:
            settled.settle(now - LATENESS)
    assert size(settled) < size(whole)


def test_they_do_not_grow_with_what_is_done() -> None:
    steps = Steps()
    for number in range(20_000):
        kind = [Kind.VIEW, Kind.SAVE, Kind.CLICK, Kind.PAY][number % 4]
        steps.add(BEGIN + number * DAY_MS // 1000, kind, "n")
    before = steps.memory_bytes
    steps.settle(BEGIN + 20 * DAY_MS)
    assert size(steps) <= 4 * 20
    assert steps.memory_bytes < before / 20
