"""Schemas that Java's library takes from producers are read here too, and by verify."""

import json

import pytest

from schemas.codec import Codec
from schemas.columns import binary
from schemas.errors import SchemaError
from schemas.registry import DirectoryRegistry, ListRegistry, parse_contract
from schemas.topics import NOTE_VIEWS
from verify.datum import Datums

OURS = DirectoryRegistry().current(NOTE_VIEWS)
VIEW = {
    "user_id": "u",
    "occurred_at": 1,
    "note_id": "n",
    "brand_id": "b",
    "surface": "SEARCH",
    "promoted": False,
    "dwell_ms": 5,
}


class Both(ListRegistry):
    """Ours, and a producer's under a higher id."""

    def current(self, topic):
        return OURS


def change(schema, **more):
    return {**schema, **more}


def surface(schema, **more):
    fields = [
        field | {"type": {**field["type"], **more}} if field["name"] == "surface" else field
        for field in schema["fields"]
    ]
    return schema | {"fields": fields}


def chinese(schema):
    """A field and a symbol that we do not know, and the enum used twice, by its name."""
    symbols = ["搜索_1", "SEARCH", "_直播", "_41"]
    more = [{"name": "来源", "type": "Surface"}, {"name": "又", "type": {"type": "Surface"}}]
    schema = surface(schema, symbols=symbols, default="搜索_1")
    return schema | {"fields": [*schema["fields"], *more]}


PRODUCERS = {
    "a namespace with a hyphen": lambda schema: change(schema, namespace="com.my-team"),
    "a class within a class": lambda schema: change(schema, namespace="com.shop.Events$"),
    "no namespace": lambda schema: change(schema, namespace=None),
    "a Chinese namespace and name": lambda schema: change(
        schema, namespace="种草.事件", name="浏览"
    ),
    "the full name in the name": lambda schema: change(
        schema, name="com.my-team.View", namespace="x"
    ),
    "another namespace within": lambda schema: surface(schema, namespace="com.my-team.enums"),
    "another name within": lambda schema: surface(schema, name="流量场域"),
    "Chinese fields and symbols": chinese,
    "an order in capitals": lambda schema: change(
        schema, fields=[field | {"order": "IGNORE"} for field in schema["fields"]]
    ),
    "aliases that Python would not take": lambda schema: change(
        schema, aliases=["com.my-team.V-1"]
    ),
}


@pytest.mark.parametrize("producer", PRODUCERS)
@pytest.mark.parametrize("copies", [1, 50])
def test_it_is_read(producer, copies):
    text = json.dumps(PRODUCERS[producer](json.loads(OURS.text)))
    theirs = parse_contract(99, NOTE_VIEWS, text, "a producer's")
    more = {"来源": "_直播", "又": "_41"} if "Chinese fields" in producer else {}
    written = Codec(ListRegistry([theirs])).encode(NOTE_VIEWS, VIEW | more)
    decoded = Codec(Both([OURS, theirs])).decode(NOTE_VIEWS, binary([written] * copies))
    assert not decoded.rejects
    assert decoded.frame.drop("row").rows(named=True) == [VIEW] * copies
    assert Datums(theirs, OURS).read(written[5:]) == VIEW


def test_symbols_are_kept_as_they_are_written():
    text = json.dumps(chinese(json.loads(OURS.text)))
    theirs = parse_contract(99, NOTE_VIEWS, text, "a producer's")
    [enum] = [field.type for field in theirs.schema.fields if field.name == "surface"]
    assert list(enum.symbols) == ["搜索_1", "SEARCH", "_直播", "_41"]
    assert enum.props["default"] == "搜索_1"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"symbols": ["搜索", "搜索"]}, "Duplicate symbol"),
        ({"symbols": ["搜索"], "default": "直播"}, "default"),
        ({"symbols": [1]}, "sequence of strings"),
        ({"symbols": 1}, "sequence"),
    ],
)
def test_what_java_refuses_is_refused(more, why):
    text = json.dumps(surface(json.loads(OURS.text), **more))
    with pytest.raises(SchemaError, match=why):
        parse_contract(99, NOTE_VIEWS, text, "a producer's")
