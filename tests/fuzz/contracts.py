"""The contracts that messages are written with: the shipped ones, and a made-up evolution of each topic."""

import json
from collections.abc import Iterator
from typing import Any

from schemas.registry import Contract, DirectoryRegistry, ListRegistry, parse_contract
from schemas.topics import SOURCE_TOPICS

Json = dict[str, Any]

#: A topic of our own, because the shipped contracts use few of Avro's types.
THINGS = "things"

TOPICS = (*SOURCE_TOPICS, THINGS)

_SHIPPED = DirectoryRegistry()

_NESTED = [
    {"name": "tags", "type": {"type": "array", "items": "string"}},
    {
        "name": "thread",
        "type": {
            "type": "record",
            "name": "Comment",
            "fields": [
                {"name": "text", "type": "bytes"},
                {"name": "answer", "type": ["null", "Comment"]},
            ],
        },
    },
    {"name": "counts", "type": {"type": "map", "values": "long"}},
    {"name": "digest", "type": {"type": "fixed", "name": "Digest", "size": 4}},
    {"name": "either", "type": ["int", "string", "null", "long", "boolean"]},
]


def _enum(name: str, *symbols: str, **more: str) -> Json:
    return {"type": "enum", "name": name, "symbols": list(symbols), **more}


def _fields(**types: Any) -> list[Json]:
    return [{"name": name, "type": type_} for name, type_ in types.items()]


_CURRENT_THING = [
    {"name": "key", "type": "string", "aliases": ["id", "sku"]},
    {"name": "note", "type": ["null", "string"], "default": None},
    *_fields(where=_enum("Where", "THERE", "ELSEWHERE", "HERE", "NOWHERE", default="NOWHERE")),
    *_fields(n="long", ratio="float", score="double", blob="bytes"),
    {"name": "big", "type": ["double", "null"], "default": -0.5},
    {"name": "small", "type": ["int", "null"], "default": 7},
    *_fields(flag=["null", "boolean"], kind=["null", _enum("Kind", "A", "B")], title="string"),
    {"name": "added", "type": "string", "default": "草"},
    {"name": "count", "type": "int", "default": -(2**31)},
    {"name": "seen", "type": "boolean", "default": True},
]

_WRITTEN_THINGS = {
    "first": _fields(
        id="string",
        n="int",
        where=_enum("Where", "HERE", "THERE", "UNDER"),
        old="double",
        flag="boolean",
        ratio="int",
        score="float",
        blob="string",
        kind=_enum("Kind", "B", "A", "C", default="A"),
        small="int",
        title="bytes",
    ),
    "reordered": _fields(
        kind=["null", _enum("Kind", "A", "B")],
        title="string",
        small=["null", "int"],
        big=["null", "long"],
        gone=["string", "null"],
        blob="bytes",
        score="long",
        ratio="long",
        where=_enum("Where", "NOWHERE", "HERE"),
        sku="string",
        n="long",
        note="string",
        flag=["boolean", "null"],
        count="int",
    ),
    "nested": [
        *_NESTED,
        *_fields(
            id="string",
            note=["null", "string"],
            where=_enum("Where", "OVER", "HERE", "THERE", default="HERE"),
            n="int",
            ratio="float",
            score="int",
            blob="bytes",
            big=["int", "string", "null", "float"],
            flag=["null", "boolean", "bytes"],
            kind="null",
            title="string",
        ),
    ],
    "incompatible": _fields(id="string", n="double", where="string", blob="bytes"),
}


def _versions(topic: str, first_id: int) -> Iterator[Contract]:
    """The evolution of a shipped contract: its fields in another order, more of them, nested ones."""
    shipped = json.loads(_SHIPPED.current(topic).text)
    plain = shipped["fields"]
    more = _fields(trace="bytes", weight=["null", "double"], tries="int", beta=["boolean", "null"])
    # A symbol that the reader does not know, in front, so that every index means another symbol.
    wider = [_with_symbol(field, "NEWER") for field in plain]
    written = [plain[::-1], more[:2] + wider + more[2:], [*_NESTED, *plain]]
    for schema_id, fields in enumerate(written, start=first_id):
        yield _contract(schema_id, topic, shipped | {"fields": fields})


def _with_symbol(field: Json, symbol: str) -> Json:
    kind = field["type"]
    if not isinstance(kind, dict) or kind["type"] != "enum":
        return field
    return field | {"type": kind | {"symbols": [symbol, *kind["symbols"]]}}


def _contract(schema_id: int, topic: str, schema: Json) -> Contract:
    return parse_contract(schema_id, topic, json.dumps(schema), f"{schema_id:04d}-{topic}.avsc")


def _things(first_id: int) -> Iterator[Contract]:
    for schema_id, fields in enumerate([_CURRENT_THING, *_WRITTEN_THINGS.values()], start=first_id):
        thing = {"type": "record", "name": "Thing", "fields": fields}
        yield _contract(schema_id, THINGS, thing)


class Evolution(ListRegistry):
    """All versions of all topics. What is current is the shipped contract, not the highest id."""

    def __init__(self) -> None:
        shipped = [_SHIPPED.current(topic) for topic in SOURCE_TOPICS]
        made_up = [
            contract
            for number, topic in enumerate(SOURCE_TOPICS, start=1)
            for contract in _versions(topic, 100 * number)
        ]
        things = list(_things(1000))
        self._current = {contract.topic: contract for contract in (*shipped, things[0])}
        super().__init__([*shipped, *made_up, *things])

    def current(self, topic: str) -> Contract:
        return self._current[topic]


REGISTRY = Evolution()
