"""Where in a datum its numbers, lengths, texts, enum indexes and union branches stand."""

import io
from collections import defaultdict
from typing import Any

from avro.io import BinaryDecoder, DatumReader

#: Kind of part → (start, end) of each in the datum. Of a text or bytes, "length" is followed by "text".
Layout = dict[str, list[tuple[int, int]]]


class _Recorder(BinaryDecoder):
    def __init__(self, datum: bytes) -> None:
        super().__init__(io.BytesIO(datum))
        self.layout: Layout = defaultdict(list)
        self.meaning = "number"

    def read_long(self):
        kind, self.meaning = self.meaning, "number"
        return self._record(kind, super().read_long)

    def read_boolean(self):
        return self._record("boolean", super().read_boolean)

    def read_bytes(self):
        self.meaning = "length"
        size = self.read_long()
        return self._record("text", lambda: self.read(size))

    def _record(self, kind, read):
        start = self.reader.tell()
        value = read()
        self.layout[kind].append((start, self.reader.tell()))
        return value


class _Reader(DatumReader):
    def read_enum(self, writers_schema, readers_schema, decoder):
        decoder.meaning = "enum"
        return super().read_enum(writers_schema, readers_schema, decoder)

    def read_union(self, writers_schema, readers_schema, decoder):
        decoder.meaning = "union"
        return super().read_union(writers_schema, readers_schema, decoder)


def layout_of(schema: Any, datum: bytes) -> Layout:
    """The layout of a good datum."""
    recorder = _Recorder(datum)
    _Reader(schema).read(recorder)
    return recorder.layout
