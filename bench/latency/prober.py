"""Looks into ClickHouse, again and again, which rows have come.

What is looked for: of views, saves and clicks, the row in `touches` of each that is of one brand in a hundred; of
payments, all, the row in `conversions` that has its path. An answer is dated when it has arrived: a latency may be too
long, by the time from one look to the next, but never too short.
"""

import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import numpy as np
from clickhouse_driver import Client

from bench.latency.load import PROBED_BRAND, Load

Key = TypeVar("Key", bound=Hashable)

#: From one look to the next, s, if looking takes no longer. A look costs ClickHouse some 12 ms of processor time, which
#: others want too.
LOOK_S: Final = 0.1

TOUCHES: Final = f"""
    SELECT user_id, toUnixTimestamp64Milli(occurred_at)
    FROM touches
    WHERE brand_id = '{PROBED_BRAND}' AND occurred_at >= fromUnixTimestamp64Milli(%(since)s)
"""
CONVERSIONS: Final = """
    SELECT sub_order_id
    FROM conversions
    WHERE paid_at >= fromUnixTimestamp64Milli(%(since)s) AND notEmpty(`path.note_id`)
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A row that has come. planned_s: of its event, since the load began. latency_s: from then on."""

    planned_s: float
    latency_s: float


class Awaited(Generic[Key]):
    """Rows of one kind that are to come.

    planned: identity of each row → when its event is planned, s since the load began.
    """

    def __init__(self, planned: Mapping[Key, float]) -> None:
        self.shown: list[Shown] = []
        self._planned = dict(sorted(planned.items(), key=lambda item: item[1]))
        self._order = iter(self._planned.items())
        self._oldest = next(self._order, None)
        self._seen: set[Key] = set()

    @property
    def missing(self) -> int:
        """How many have not come."""
        return len(self._planned) - len(self._seen)

    @property
    def oldest_s(self) -> float | None:
        """When the oldest of those was planned that have not come; None if all have."""
        while self._oldest is not None and self._oldest[0] in self._seen:
            self._oldest = next(self._order, None)
        return None if self._oldest is None else self._oldest[1]

    def see(self, key: Key, now_s: float) -> None:
        """A row is there. now_s: since the load began."""
        if key in self._planned and key not in self._seen:
            self._seen.add(key)
            self.shown.append(Shown(self._planned[key], now_s - self._planned[key]))


class Prober:
    """touches, conversions: what is awaited. looks_s: how long it was from each look to the next, s."""

    def __init__(self, client: Client, load: Load) -> None:
        self.touches = Awaited(load.touches_probed())
        self.conversions = Awaited(load.conversions_probed())
        self.looks_s: list[float] = []
        self._client = client
        self._began_s = load.began_ms / 1000

    @property
    def missing(self) -> int:
        """How many rows have not come."""
        return self.touches.missing + self.conversions.missing

    @property
    def shown(self) -> list[Shown]:
        """The rows of both kinds that have come."""
        return self.touches.shown + self.conversions.shown

    def watch(self, meanwhile: Callable[[], bool]) -> None:
        """Look until all rows have come, or `meanwhile`, which is called after each look, says that it is enough."""
        before = time.time()
        while self.missing:
            time.sleep(max(before + LOOK_S - time.time(), 0))
            now = time.time()
            if now > self._began_s:
                self.looks_s.append(now - before)
            before = now
            self._look()
            if meanwhile():
                return

    def _look(self) -> None:
        for key in self._found(TOUCHES, self.touches.oldest_s):
            self.touches.see(key, self._answered_s)
        for (sub_order_id,) in self._found(CONVERSIONS, self.conversions.oldest_s):
            self.conversions.see(sub_order_id, self._answered_s)

    def _found(self, query: str, oldest_s: float | None) -> list[Any]:
        if oldest_s is None or time.time() < self._began_s + oldest_s:
            return []
        since = int((self._began_s + oldest_s) * 1000) - 1
        found: list[Any] = self._client.execute(query, {"since": since})
        self._answered_s = time.time() - self._began_s
        return found

    @property
    def resolution_s(self) -> float:
        """From one look to the next, s, in 99 of 100 cases at most."""
        return float(np.percentile(self.looks_s, 99)) if self.looks_s else 0.0
