"""Events to files."""

import json
from collections.abc import Iterable
from typing import Any, Final, TextIO

from schemas.topics import SourceEvent

_encode: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def write_jsonl(events: Iterable[SourceEvent], file: TextIO) -> int:
    """Write one JSON object a line, which the `jsonl` reader reads back as the same events.

    Each has the topic, the Kafka timestamp in ms if there is one, then the fields of the record.
    file: open for text in UTF-8. Returns how many events were written.
    """
    count = 0
    for count, event in enumerate(events, start=1):  # noqa: B007
        line: dict[str, Any] = {"topic": event.topic}
        if event.timestamp is not None:
            line["timestamp"] = event.timestamp
        line.update(event.record)
        file.write(_encode(line) + "\n")
    return count
