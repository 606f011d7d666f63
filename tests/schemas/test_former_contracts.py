"""What former contracts wrote is read, and so is what newer producers add to the enums."""

import json

import pytest

from schemas.codec import Codec
from schemas.columns import binary
from schemas.registry import DirectoryRegistry, ListRegistry, parse_contract
from schemas.resolve import reader_fields, unreadable
from schemas.topics import SOURCE_TOPICS
from verify.datum import Datums

REGISTRY = DirectoryRegistry()
IDS = dict.fromkeys(
    ("user_id", "brand_id", "note_id", "item_id", "click_id"), "用"
) | dict.fromkeys(("txn_id", "order_id", "sub_order_id", "shop_id"), "x")
RECORD = IDS | {
    "occurred_at": -1,
    "promoted": True,
    "dwell_ms": None,
    "quantity": 2,
    "amount_fen": 7,
}
#: The enum of each topic.
ENUMS = dict(zip(SOURCE_TOPICS, ("surface", "action", "placement", "kind"), strict=True))


def record_of(contract, symbol):
    values = RECORD | dict.fromkeys(ENUMS.values(), symbol)
    return {field.name: values[field.name] for field in contract.schema.fields}


def symbols(contract):
    [enum] = [f for f in json.loads(contract.text)["fields"] if f["name"] == ENUMS[contract.topic]]
    return enum["type"]["symbols"]


@pytest.mark.parametrize("topic", SOURCE_TOPICS)
@pytest.mark.parametrize("copies", [1, 50])
def test_messages_of_every_version_are_read(topic, copies):
    current = REGISTRY.current(topic)
    for version in REGISTRY.versions(topic):
        for symbol in symbols(version):
            record = record_of(version, symbol)
            message = Codec(ListRegistry([version])).encode(topic, record)
            decoded = Codec(REGISTRY).decode(topic, binary([message] * copies))
            assert not decoded.rejects
            assert decoded.frame.drop("row").rows(named=True) == [record] * copies
            assert Datums(version, current).read(message[5:]) == record


@pytest.mark.parametrize("topic", SOURCE_TOPICS)
@pytest.mark.parametrize("copies", [1, 50])
def test_a_symbol_that_is_newer_becomes_other(topic, copies):
    current = REGISTRY.current(topic)
    schema = json.loads(current.text)
    [field] = [field for field in schema["fields"] if field["name"] == ENUMS[topic]]
    field["type"]["symbols"].insert(1, "NEWER")
    newer = parse_contract(99, topic, json.dumps(schema), "a producer's")
    message = Codec(ListRegistry([newer])).encode(topic, record_of(newer, "NEWER"))
    both = ListRegistry([*REGISTRY.versions(topic), newer])
    both.current = REGISTRY.current
    decoded = Codec(both).decode(topic, binary([message] * copies))
    assert not decoded.rejects
    expected = record_of(current, "OTHER")
    assert decoded.frame.drop("row").rows(named=True) == [expected] * copies
    assert Datums(newer, current).read(message[5:]) == expected
    assert unreadable(newer.schema, reader_fields(current)) == ""
