"""Random values for a parsed Avro schema: believable ones, and those at the edges of what there is."""

import struct
from random import Random
from typing import Any

_TEXTS = [
    "",
    "笔",
    "种草笔记",
    "小红书·好物分享",
    "u" * 63,
    "u" * 64,
    "u" * 65,
    "种" * 64,
    "a\x00b",
    "🌱",
    "x" * 5000,
]
_STEPS = [1 << (7 * size - 1) for size in range(1, 10)]
_LONGS = [0, -1, *(edge + by for edge in (*_STEPS, 2**31, 2**62) for by in (-1, 0))]
_LONGS += [~value for value in _LONGS] + [2**63 - 1, -(2**63)]
_INTS = [value for value in _LONGS if -(2**31) <= value < 2**31]
_REALS = [0.0, -0.0, 1.0, -1.5, float("inf"), float("-inf"), float("nan"), 2.0**-149, 2.0**127]


def value_of(rng: Random, schema: Any, extreme: float) -> Any:
    """One value. extreme: how probable it is, for each leaf, to be at an edge."""
    match schema.type:
        case "record":
            return {f.name: value_of(rng, f.type, extreme) for f in schema.fields}
        case "union":
            return value_of(rng, rng.choice(schema.schemas), extreme)
        case "array":
            return [value_of(rng, schema.items, extreme) for _ in range(rng.randrange(3))]
        case "map":
            return {
                _name(rng): value_of(rng, schema.values, extreme) for _ in range(rng.randrange(3))
            }
        case "enum":
            return rng.choice(schema.symbols)
        case "fixed":
            return rng.randbytes(schema.size)
        case "null":
            return None
    return (_edge if rng.random() < extreme else _plain)(rng, schema.type)


def _plain(rng: Random, kind: str) -> Any:
    match kind:
        case "string":
            return _name(rng)
        case "bytes":
            return _name(rng).encode()
        case "boolean":
            return rng.random() < 0.5
        case "int":
            return rng.randrange(100_000)
        case "long":
            return 1_760_000_000_000 + rng.randrange(10_000_000_000)
    return rng.randrange(10_000) / 8


def _edge(rng: Random, kind: str) -> Any:
    match kind:
        case "string":
            return rng.choice(_TEXTS)
        case "bytes":
            return rng.choice([rng.randbytes(rng.randrange(80)), rng.choice(_TEXTS).encode()])
        case "boolean":
            return rng.random() < 0.5
        case "int":
            return rng.choice([rng.choice(_INTS), rng.randrange(-(2**31), 2**31)])
        case "long":
            return rng.choice([rng.choice(_LONGS), rng.randrange(-(2**63), 2**63)])
        case "float":
            return rng.choice([rng.choice(_REALS), *struct.unpack("<f", rng.randbytes(4))])
    return rng.choice([rng.choice(_REALS), *struct.unpack("<d", rng.randbytes(8))])


def _name(rng: Random) -> str:
    if rng.random() < 0.2:
        return "".join(rng.choices("种草笔记淘宝好物", k=rng.randrange(1, 9)))
    return f"{rng.choice('unbit')}{rng.randrange(10 ** rng.randrange(1, 13))}"
