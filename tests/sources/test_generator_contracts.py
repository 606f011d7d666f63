"""What is generated fits the contracts and their rules, except for junk."""

import re
from typing import Any

import pytest

from schemas.codec import Codec
from schemas.errors import SchemaError
from schemas.registry import DirectoryRegistry
from schemas.topics import SourceEvent
from sources.generator import Traffic, generate

DAY = 86_400_000
JUNK = Traffic(events=4_000, junk_share=0.1, late_share=0)


@pytest.fixture(scope="module")
def codec() -> Codec:
    return Codec(DirectoryRegistry())


def fault(event: SourceEvent) -> str:
    """The first rule that the event breaks, or nothing."""
    record: dict[str, Any] = event.record
    for name, value in record.items():
        if name.endswith("_id") and value is not None and not 1 <= len(value) <= 64:
            return name
    if record.get("amount_fen", 0) < 0 or record.get("quantity", 1) < 1:
        return "amount"
    if record["occurred_at"] > (event.timestamp or 0) + DAY:
        return "future"
    return ""


def test_every_record_encodes(codec: Codec, arrived: list[SourceEvent]) -> None:
    for event in arrived:
        assert codec.encode(event.topic, event.record)


def test_fields_stand_in_the_order_of_the_contract(arrived: list[SourceEvent]) -> None:
    registry = DirectoryRegistry()
    for event in arrived[:5_000]:
        fields = registry.current(event.topic).schema.fields
        assert list(event.record) == [field.name for field in fields]


def test_no_record_breaks_a_rule(arrived: list[SourceEvent]) -> None:
    assert not any(fault(event) for event in arrived)


def test_ids_look_like_theirs(arrived: list[SourceEvent]) -> None:
    for event in arrived[:5_000]:
        assert re.fullmatch(r"u\d{8}", event.record["user_id"])
        if "note_id" in event.record:
            assert re.fullmatch(r"[0-9a-f]{24}", event.record["note_id"])


def test_junk_can_be_decoded_and_breaks_a_rule(codec: Codec) -> None:
    faults = [fault(event) for event in generate(JUNK)]
    assert sum(map(bool, faults)) == round(JUNK.distinct_events * JUNK.junk_share)
    assert {"user_id", "brand_id", "amount", "future"} <= set(faults)
    for event in generate(JUNK):
        codec.encode(event.topic, event.record)


def test_the_codec_would_notice(codec: Codec) -> None:
    with pytest.raises(SchemaError):
        codec.encode("note-saves", {"user_id": "u1"})
