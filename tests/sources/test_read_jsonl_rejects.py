"""JSON lines that a contract cannot encode are rejected; what only breaks a rule is passed on."""

import json
from typing import Any

import pytest
from cli.event_lines import PAY

SAVE = {
    "topic": "note-saves",
    "user_id": "u1",
    "occurred_at": 1748707327771,
    "note_id": "n1",
    "brand_id": "b1",
    "action": "SAVE",
}
VIEW = {
    "topic": "note-views",
    "user_id": "u1",
    "occurred_at": 1748707327771,
    "note_id": "n1",
    "brand_id": "b1",
    "surface": "SEARCH",
    "promoted": True,
    "dwell_ms": 900,
}
GOOD = json.dumps(SAVE).encode() + b"\n"


def changed(base: dict[str, Any], **changes: Any) -> bytes:
    return json.dumps({**base, **changes}).encode()


def without(base: dict[str, Any], name: str) -> bytes:
    return json.dumps({key: value for key, value in base.items() if key != name}).encode()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", "The line is empty."),
        (b"  ", "The line is empty."),
        (b"{", "The line is not JSON"),
        (GOOD.strip() + b"x", "The line is not JSON"),
        (b"\xff", "Byte 1 of the line is not UTF-8."),
        (b"[1]", "The line is a list and not an object."),
        (b"null", "The line is null and not an object."),
        (b"9" * 5_000, "The line is not JSON"),
        (b"[" * 100_000, "The line is nested too deeply."),
        (b'{"topic":"note-saves","topic":"note-views"}', "The line gives a field twice."),
        (without(SAVE, "topic"), "The line has no topic."),
        (changed(SAVE, topic="notes"), 'The topic is "notes" and none of note-views'),
        (changed(SAVE, topic=["note-saves"]), "The topic is a list and none of"),
        (changed(SAVE, topic="dead-letters"), "and none of"),
        (without(SAVE, "user_id"), "The field user_id is missing."),
        (changed(SAVE, extra=1), 'The topic note-saves has no field "extra".'),
        (changed(SAVE, noteid="n"), 'has no field "noteid"; did you mean note_id?'),
        (changed(SAVE, user_id=1), "The field user_id is 1 and must be a string"),
        (changed(SAVE, user_id=None), "The field user_id is null and must be a string"),
        (changed(SAVE, user_id="\ud800"), "and must be a string of valid Unicode"),
        (changed(SAVE, occurred_at="1"), "must be a whole number of 64 bits"),
        (changed(SAVE, occurred_at=1.0), "The field occurred_at is 1.0 and must be"),
        (changed(SAVE, occurred_at=True), "The field occurred_at is true and must be"),
        (changed(SAVE, occurred_at=2**63), "must be a whole number of 64 bits"),
        (changed(SAVE, occurred_at=float("nan")), "The line holds NaN, which is not JSON."),
        (changed(SAVE, occurred_at=float("-inf")), "The line holds -Infinity"),
        (changed(SAVE, action="save"), 'The field action is "save" and must be one of SAVE'),
        (changed(SAVE, action="存"), 'The field action is "存" and must be one of SAVE, UNSAVE.'),
        (changed(PAY, kind="pay"), 'The field kind is "pay" and must be one of PAY, REFUND.'),
        (changed(VIEW, surface="x"), "FOLLOWING, PROFILE, OTHER."),
        (changed(SAVE, action={}), "The field action is an object and must be one of"),
        (changed(VIEW, promoted=1), "The field promoted is 1 and must be true or false"),
        (changed(VIEW, dwell_ms=2**31), "must be a whole number of 32 bits, or null"),
        (changed(VIEW, dwell_ms=False), "The field dwell_ms is false and must be"),
        (changed(SAVE, timestamp="1"), 'The timestamp is "1" and must be milliseconds'),
        (changed(SAVE, timestamp=True), "The timestamp is true and must be"),
        (changed(SAVE, timestamp=-1), "The timestamp is -1 and must be"),
        (changed(SAVE, timestamp=1_750_132_800), "is 1750132800: is this in seconds?"),
    ],
)
def test_a_bad_line_between_good_ones(read_bytes, line: bytes, reason: str) -> None:
    events, rejects = read_bytes(GOOD + line + b"\n" + GOOD, "jsonl")
    assert len(events) == 2
    (reject,) = rejects
    assert reject["line"] == 2
    assert reason in reject["reason"]
    assert reject["raw"] == line.decode("utf-8", "backslashreplace")


@pytest.mark.parametrize(
    ("base", "name", "value"),
    [
        (SAVE, "user_id", ""),
        (SAVE, "brand_id", "b" * 65),
        (SAVE, "occurred_at", -(2**63)),
        (VIEW, "dwell_ms", -1),
        (VIEW, "dwell_ms", 2**31 - 1),
    ],
)
def test_a_value_that_breaks_a_rule_is_an_event(
    read_bytes, base: dict[str, Any], name: str, value: Any
) -> None:
    (event,), rejects = read_bytes(changed(base, **{name: value}), "jsonl")
    assert event.record[name] == value
    assert rejects == []


@pytest.mark.parametrize("line", [without(VIEW, "dwell_ms"), changed(VIEW, dwell_ms=None)])
def test_a_field_with_a_default_may_be_left_out(read_bytes, line: bytes) -> None:
    (event,), _ = read_bytes(line, "jsonl")
    assert event.record["dwell_ms"] is None
    assert list(event.record) == [name for name in VIEW if name != "topic"]
