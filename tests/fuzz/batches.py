"""Batches of good and damaged messages, with what must become of each."""

from collections import Counter
from dataclasses import dataclass, field
from random import Random

from fuzz.contracts import TOPICS
from fuzz.messages import Good, Stock, stock
from fuzz.mutations import MUTATIONS
from fuzz.neighbours import PAIR_MUTATIONS
from fuzz.reference import Outcome, outcome

_LARGEST = 6000
_WIDEST_SEARCH = 40  # messages after one, among which the next of its writer is looked for


@dataclass(frozen=True)
class Batch:
    """values: messages of a topic. outcomes: what the library makes of each.

    mutations: how often each was applied.
    damaged: the rows that are not as they were written.
    """

    topic: str
    values: list[bytes | None]
    outcomes: list[Outcome]
    mutations: Counter[str] = field(default_factory=Counter)
    damaged: set[int] = field(default_factory=set)


def batch_of(seed: int, number: int) -> Batch:
    """One batch; the same for the same seed and number."""
    rng = Random(f"{seed}/{number}")
    topic = rng.choice(TOPICS)
    goods = _goods(rng, stock(seed)[topic])
    batch = Batch(topic, [good.value for good in goods], [good.outcome for good in goods])
    for row in _rows_to_damage(rng, len(goods)):
        _damage(rng, batch, goods, row, seed)
    return batch


def _goods(rng: Random, stocks: list[Stock]) -> list[Good]:
    # In a small batch with one damaged message, nothing else can save the codec from a wrong row.
    size = rng.randrange(1, 40) if rng.random() < 0.8 else round(_LARGEST ** rng.random())
    writers = (
        stocks[:1] if rng.random() < 0.5 else rng.sample(stocks, rng.randrange(1, len(stocks) + 1))
    )
    chosen = [good for writer in writers for good in rng.choices(writer.plain, k=min(size, 300))]
    edges = [good for writer in writers for good in writer.extreme]
    share = rng.choice([0, 0, 0, 0.001, 0.01, 0.5, 1])
    goods = rng.choices(chosen, k=size)
    for row in _some_rows(rng, size, share):
        goods[row] = rng.choice(edges)
    return goods


def _some_rows(rng: Random, size: int, share: float) -> list[int]:
    return sorted(rng.sample(range(size), round(size * share)))


def _rows_to_damage(rng: Random, size: int) -> list[int]:
    share = rng.choice([0, 0, 0.001, 0.01, 0.05, 0.1, 0.3, 0.3, 1])
    if rng.random() < 0.4:
        return [rng.randrange(size)]
    return _some_rows(rng, size, share)


def _damage(rng: Random, batch: Batch, goods: list[Good], row: int, seed: int) -> None:
    good = goods[row]
    if row in batch.damaged:  # by its neighbour
        return
    partner = _next_of_writer(batch, goods, row) if rng.random() < 0.2 else None
    if partner is not None:
        name = rng.choice(list(PAIR_MUTATIONS))
        first, second = PAIR_MUTATIONS[name](rng, good, goods[partner])
        _replace(batch, partner, second)
    else:
        name = rng.choice(list(MUTATIONS))
        other = rng.choice(goods) if rng.random() < 0.5 else _of_any_topic(rng, seed)
        first = MUTATIONS[name](rng, good, other)
    batch.mutations[name] += first != good.value
    _replace(batch, row, first)


def _next_of_writer(batch: Batch, goods: list[Good], row: int) -> int | None:
    for at in range(row + 1, min(row + _WIDEST_SEARCH, len(goods))):
        if goods[at].writer is goods[row].writer:
            return None if at in batch.damaged else at
    return None


def _of_any_topic(rng: Random, seed: int) -> Good:
    any_stock = rng.choice(stock(seed)[rng.choice(TOPICS)])
    return rng.choice(rng.choice([any_stock.plain, any_stock.extreme]))


def _replace(batch: Batch, row: int, value: bytes | None) -> None:
    if value == batch.values[row]:  # the mutation does not apply
        return
    batch.damaged.add(row)
    batch.values[row] = value
    batch.outcomes[row] = outcome(batch.topic, value)
