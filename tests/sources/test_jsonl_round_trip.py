"""What is written as JSON lines is read back as it was."""

import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from schemas.registry import DirectoryRegistry
from schemas.topics import SOURCE_TOPICS, SourceEvent
from sources.readers import RejectsFile, read
from sources.readers.jsonl import JsonlParser
from sources.readers.reading import Malformed
from sources.writing import write_jsonl

PARSER = JsonlParser(DirectoryRegistry())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
LINES = st.binary().map(lambda line: line.replace(b"\n", b""))
SAVE = (
    b'{"topic":"note-saves","user_id":"u","occurred_at":1,"note_id":"n","brand_id":"b",'
    b'"action":"SAVE"}'
)
NAMES = st.sampled_from(["topic", "timestamp", "user_id", "occurred_at", "action", "dwell_ms"])


def test_generated_events(read_bytes, arrived: list[SourceEvent]) -> None:
    file = io.StringIO()
    assert write_jsonl(arrived[:5_000], file) == 5_000
    events, rejects = read_bytes(file.getvalue().encode(), "jsonl")
    assert events == arrived[:5_000]
    assert rejects == []


def test_the_order_of_keys() -> None:
    file = io.StringIO()
    event = SourceEvent("note-saves", {"user_id": "用户\n"}, 5)
    write_jsonl([event, SourceEvent("note-saves", {})], file)
    assert file.getvalue() == (
        '{"topic":"note-saves","timestamp":5,"user_id":"用户\\n"}\n{"topic":"note-saves"}\n'
    )


@given(
    user=st.text(),
    at=st.integers(-(2**63), 2**63 - 1),
    stamp=st.none() | st.integers(10**10, 2**62),
)
def test_any_value_of_the_right_type(user: str, at: int, stamp: int | None) -> None:
    record = {"user_id": user, "occurred_at": at, "note_id": "", "brand_id": "b", "action": "SAVE"}
    event = SourceEvent("note-saves", record, stamp)
    file = io.StringIO()
    write_jsonl([event], file)
    assert PARSER.parse(file.getvalue().rstrip("\n").encode()) == event


def is_event(line: bytes) -> bool:
    """Whether the line is an event; any error but Malformed fails the test."""
    try:
        event = PARSER.parse(line)
    except Malformed:
        return False
    return event.topic in SOURCE_TOPICS


@given(st.binary() | st.text().map(str.encode))
def test_junk_is_not_an_event(line: bytes) -> None:
    assert not is_event(line)


@given(st.lists(st.sampled_from([SAVE, b"{", b"", b"\xff"]) | LINES))
def test_every_line_is_an_event_or_a_reject(lines: list[bytes]) -> None:
    lines = [SAVE, *lines]  # a file that began with the magic of gzip would be a damaged one
    with TemporaryDirectory() as folder:
        path = Path(folder, "input")
        path.write_bytes(b"".join(line + b"\n" for line in lines))
        with (
            RejectsFile(Path(folder, "rejects")) as rejects,
            read(path, "jsonl", rejects) as events,
        ):
            assert len(list(events)) == lines.count(SAVE)
        assert rejects.count == len(lines) - lines.count(SAVE)


@given(st.dictionaries(NAMES, JSON), st.sampled_from(SOURCE_TOPICS))
def test_objects_of_anything_never_crash(values: dict[str, object], topic: str) -> None:
    is_event(json.dumps({"topic": topic, **values}).encode())
