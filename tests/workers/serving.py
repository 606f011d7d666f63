"""A worker's web pages as a probe and a scraper see them."""

import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from sinks.memory import MemorySink
from sinks.writer import Counters
from streams.app import App
from streams.operations.health import Health
from streams.operations.metrics import registry_of
from streams.operations.observed import Observed, Sinking
from streams.operations.state_sizes import StateSizes
from streams.operations.web import Web, listen, pages

#: Sample name and labels → value, as in `value(found, "zhongcao_records_total", topic="note-views")`.
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


class AnsweringSink(MemorySink):
    """A sink in memory that looks like a writer whose ClickHouse is there."""

    def __init__(self) -> None:
        super().__init__()
        self.counters: defaultdict[str, Counters] = defaultdict(Counters)
        self.answers = True
        self.answered_at: float | None = time.time()
        self.tried_at = 0.0


class Served:
    """The pages of one worker.

    hurry: seconds that the clock of /health is ahead. held_at: what it shows instead, where it stands still.
    """

    def __init__(self, app: App, writer: Sinking, stuck_after_s: float = 600) -> None:
        self.hurry = 0.0
        self.held_at: float | None = None
        self.observed = Observed(app, writer)
        self.health = Health(self.observed, stuck_after_s, self._clock)
        self.sizes = StateSizes(app.partitions)
        self.registry = registry_of(self.observed, self.health, self.sizes)
        self.base = ""

    def _clock(self) -> float:
        return time.monotonic() + self.hurry if self.held_at is None else self.held_at

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Serve while inside."""
        with listen("127.0.0.1", 0) as listening:
            self.base = f"http://127.0.0.1:{listening.getsockname()[1]}"
            web = Web(listening, pages(self.registry, self.health))
            await web.start()
            try:
                yield
            finally:
                await web.stop()

    async def probe(self, path: str) -> tuple[int, list[str]]:
        """Status and problems of /health or /ready."""
        status, body = await self.body(path)
        return status, body["problems"]

    async def body(self, path: str) -> tuple[int, dict[str, Any]]:
        async with aiohttp.ClientSession() as session, session.get(self.base + path) as response:
            return response.status, await response.json()

    async def scrape(self) -> Samples:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.base}/metrics") as response,
        ):
            assert response.status == 200
            assert response.content_type == "text/plain"
            return parsed(await response.text())


def parsed(text: str) -> Samples:
    """What a scrape says; no sample twice."""
    samples = [
        ((sample.name, frozenset(sample.labels.items())), sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    ]
    assert len(dict(samples)) == len(samples)
    return dict(samples)


def value(samples: Samples, name: str, **labels: str) -> float:
    """One sample."""
    return samples[name, frozenset(labels.items())]


def total(samples: Samples, name: str) -> float:
    """The sum of a metric over its labels."""
    return sum(value for (found, _), value in samples.items() if found == name)
