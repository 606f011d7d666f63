"""Messages as verify reads them: as Avro's library does, and no more leniently."""

import json
from typing import Any

import pytest

from schemas.codec import Codec
from schemas.registry import Contract, DirectoryRegistry, ListRegistry, parse_contract
from schemas.topics import SOURCE_TOPICS
from verify.datum import Datums, Unreadable

REGISTRY = DirectoryRegistry()
VIEW = {
    "user_id": "用户",
    "occurred_at": -1,
    "note_id": "n",
    "brand_id": "b",
    "surface": "OTHER",
    "promoted": True,
    "dwell_ms": 2**31 - 1,
}


def datum(topic: str, record: dict[str, Any]) -> bytes:
    return Codec(REGISTRY).encode(topic, record)[5:]


def datums(topic: str) -> Datums:
    contract = REGISTRY.current(topic)
    return Datums(contract, contract)


def test_a_record_is_what_was_written() -> None:
    assert datums("note-views").read(datum("note-views", VIEW)) == VIEW


GOOD = datum("note-views", VIEW)
AT = {name: GOOD.index(part) for name, part in {"surface": b"\x08\x01\x02", "n": b"\x02n"}.items()}


@pytest.mark.parametrize(
    "damaged",
    [
        GOOD[:-1],
        GOOD + b"\0",
        GOOD.replace(b"\x08\x01\x02", b"\x08\x02\x02"),  # promoted is the byte 2
        GOOD.replace(b"\x08\x01\x02", b"\x0a\x01\x02"),  # surface 5 of 5
        GOOD.replace(b"\x08\x01\x02", b"\x01\x01\x02"),  # surface -1
        GOOD.replace(b"\x08\x01\x02", b"\x08\x01\x04"),  # branch 2 of 2
        GOOD[: AT["surface"] + 3] + b"\x80\x80\x80\x80\x20",  # an int of 33 bits
        GOOD.replace(b"\x02n", b"\x02\xff"),  # no UTF-8
        GOOD.replace(b"\x02n", b"\x03n"),  # a length of -2
        b"\xff" * 40,
        b"",
    ],
)
def test_what_is_damaged_is_no_record(damaged: bytes) -> None:
    assert damaged != GOOD
    with pytest.raises(Unreadable):
        datums("note-views").read(damaged)


@pytest.mark.parametrize("topic", SOURCE_TOPICS)
def test_no_byte_of_a_prefix_is_enough(topic: str) -> None:
    records = {
        "note-views": VIEW,
        "note-saves": {"action": "SAVE"},
        "link-clicks": {"click_id": "c", "item_id": "i", "placement": "NOTE"},
        "taobao-purchases": dict.fromkeys(
            ("txn_id", "order_id", "sub_order_id", "shop_id", "item_id"), "x"
        )
        | {"quantity": 1, "kind": "PAY", "amount_fen": 1, "click_id": None},
    }
    record = {"user_id": "u", "occurred_at": 1, "note_id": "n", "brand_id": "b"} | records[topic]
    fields = {field.name for field in REGISTRY.current(topic).schema.fields}
    whole = datum(topic, {name: value for name, value in record.items() if name in fields})
    assert datums(topic).read(whole).items() <= record.items()
    for end in range(len(whole)):
        with pytest.raises(Unreadable):
            datums(topic).read(whole[:end])


WHERE = {"type": "enum", "name": "Where", "symbols": ["HERE", "THERE"]}


def contract(schema_id: int, fields: list[Any]) -> Contract:
    full = [f if isinstance(f, dict) else {"name": f[0], "type": f[1]} for f in fields]
    text = json.dumps({"type": "record", "name": "Thing", "fields": full})
    return parse_contract(schema_id, "things", text, "a test")


def test_an_older_version_is_read_in_the_newer_ones_terms() -> None:
    wider = WHERE | {"symbols": ["THERE", "OTHER"], "default": "OTHER"}
    older = contract(1, [("id", "string"), ("n", "int"), ("where", WHERE), ("gone", "boolean")])
    newer = contract(
        2,
        [
            {"name": "key", "type": "string", "aliases": ["id"]},
            {"name": "n", "type": ["null", "long"], "default": None},
            ("where", wider),
            {"name": "added", "type": "string", "default": "草"},
        ],
    )
    record = {"id": "a", "n": 1, "where": "HERE", "gone": True}
    old = Codec(ListRegistry([older])).encode("things", record)[5:]
    assert Datums(older, newer).read(old) == {"key": "a", "n": 1, "where": "OTHER", "added": "草"}
    with pytest.raises(Unreadable, match="boolean"):
        Datums(older, newer).read(old[:-1] + b"\x02")  # also in a field that is left out
