"""Good messages of each contract, encoded by the library, with what they mean."""

import io
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import islice
from random import Random
from typing import Any

from avro.io import BinaryEncoder, DatumWriter

from fuzz.contracts import REGISTRY, TOPICS
from fuzz.layout import Layout, layout_of
from fuzz.reference import Outcome, outcome
from fuzz.values import value_of
from schemas.registry import Contract
from sources.generator import Traffic, generate

_PLAIN, _EXTREME = 600, 300


@dataclass(frozen=True)
class Good:
    """A message as it was written."""

    writer: Contract = field(repr=False)
    value: bytes
    outcome: Outcome

    @property
    def readable(self) -> bool:
        return isinstance(self.outcome, tuple)

    @property
    def header(self) -> bytes:
        return self.value[:5]

    @property
    def datum(self) -> bytes:
        return self.value[5:]

    @cached_property
    def layout(self) -> Layout:
        return layout_of(self.writer.schema, self.datum)


@dataclass(frozen=True)
class Stock:
    """Good messages of one contract.

    plain: believable ones, which the reader can read, unless it can read none.
    extreme: those with values at the edges of their types.
    """

    plain: list[Good]
    extreme: list[Good]


@cache
def stock(seed: int) -> dict[str, list[Stock]]:
    """Topic → the stock of each of its contracts, the current one first."""
    generated = _generated(seed)
    return {topic: [_stock(seed, c, generated) for c in _current_first(topic)] for topic in TOPICS}


def _current_first(topic: str) -> list[Contract]:
    current = REGISTRY.current(topic)
    return [current, *(c for c in REGISTRY.versions(topic) if c is not current)]


def _stock(seed: int, writer: Contract, generated: dict[int, list[Good]]) -> Stock:
    rng = Random(f"{seed}/stock/{writer.schema_id}")
    plain = [_written(writer, value_of(rng, writer.schema, 0)) for _ in range(_PLAIN)]
    extreme = [_written(writer, value_of(rng, writer.schema, 0.4)) for _ in range(_EXTREME)]
    plain += generated.get(writer.schema_id, [])
    return Stock([good for good in plain if good.readable] or plain, extreme)


def _generated(seed: int) -> dict[int, list[Good]]:
    goods: dict[int, list[Good]] = {}
    for event in islice(generate(Traffic(events=3000, users=500, seed=seed)), 3000):
        writer = REGISTRY.current(event.topic)
        goods.setdefault(writer.schema_id, []).append(_written(writer, event.record))
    return goods


def _written(writer: Contract, record: dict[str, Any]) -> Good:
    out = io.BytesIO(b"\x00" + writer.schema_id.to_bytes(4, "big"))
    out.seek(5)
    DatumWriter(writer.schema).write(record, BinaryEncoder(out))
    return Good(writer, out.getvalue(), outcome(writer.topic, out.getvalue()))
