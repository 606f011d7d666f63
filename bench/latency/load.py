"""The events that are published: each has its planned time, which is also when it occurs.

Of each 200, 190 are views, 6 saves, 3 clicks and 1 is a payment. What is no view refers to the user, brand and note of
a view of the last seconds. States begin empty, and hold what the load brings.
"""

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl

from bench.growth.crowd import (
    CYCLE,
    SHARES,
    TOPICS_OF_CYCLE,
    VIEWS_OF_CYCLE,
    Crowd,
    Ints,
    drawn,
)
from schemas.topics import NOTE_VIEWS, SOURCE_TOPICS, TAOBAO_PURCHASES

#: Touches of this brand are looked for in ClickHouse: one in a hundred, of all users, notes and kinds. It is the
#: first by name, and rows are sorted by brand, so that looking costs little.
PROBED_BRAND: Final = "brand-000"
#: A save, click or payment refers to a view that was planned at most so long before it, s.
REFERRED_S: Final = 10

#: Identity of a row → when its event was planned, s since the load began. A touch has its user and its time (ms since
#: the Unix epoch), a conversion its sub-order.
Touches = Mapping[tuple[str, int], float]
Conversions = Mapping[str, float]


class Load(Crowd):
    """rate: events per second. began_ms: when the first is planned, ms since the Unix epoch."""

    def __init__(self, rate: int, seconds: float, partitions: int, began_ms: int) -> None:
        events = math.ceil(rate * seconds / CYCLE) * CYCLE
        super().__init__(events, 0, partitions)
        self.rate = rate
        self.began_ms = began_ms

    def occurred_at(self, numbers: Ints) -> Ints:
        """When each event is planned, ms."""
        return self.began_ms + numbers * 1000 // self.rate

    def meant(self, numbers: Ints) -> Ints:
        """The events whose users, brands and notes these have: their own, or those of a view before."""
        cycles = max(self.rate * REFERRED_S // CYCLE, 1)
        back = drawn(numbers, "cycles back", cycles)
        views = np.maximum(numbers // CYCLE - back, 0) * CYCLE
        views += drawn(numbers, "view", VIEWS_OF_CYCLE)
        is_view = TOPICS_OF_CYCLE[numbers % CYCLE] == SOURCE_TOPICS.index(NOTE_VIEWS)
        return np.where(is_view, numbers, views)

    def of_topic(self, topic: str) -> pl.DataFrame:
        """All events of a topic, in their order. Columns: the fields of its contract."""
        return self.records(topic, self.numbers(topic, 0, self.touches))

    def touches_probed(self) -> Touches:
        """The views, saves and clicks whose rows are looked for."""
        found: dict[tuple[str, int], float] = {}
        for topic in SOURCE_TOPICS:
            if topic == TAOBAO_PURCHASES:
                continue
            numbers = self.numbers(topic, 0, self.touches)
            ours = (self.records(topic, numbers)["brand_id"] == PROBED_BRAND).to_numpy()
            records = self.records(topic, numbers[ours])
            keys = zip(records["user_id"], records["occurred_at"], strict=True)
            found |= zip(keys, (numbers[ours] / self.rate).tolist(), strict=True)
        return found

    def conversions_probed(self) -> Conversions:
        """All payments: the row of each has its path, which takes what was published before it."""
        numbers = self.numbers(TAOBAO_PURCHASES, 0, self.touches)
        paid = self.records(TAOBAO_PURCHASES, numbers)["sub_order_id"]
        return dict(zip(paid, (numbers / self.rate).tolist(), strict=True))


def topics_in_order() -> list[int]:
    """The topic of each event of a cycle, as its place in SOURCE_TOPICS."""
    return [place for place, share in enumerate(SHARES) for _ in range(share)]
