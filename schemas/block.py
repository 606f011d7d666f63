"""A batch of datums decoded at once, as one block of an Avro object container file."""

import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from polars.exceptions import PanicException, PolarsError

from schemas.columns import Column, Kind
from schemas.lengths import Block, LengthCheck
from schemas.varint import Int64Array, encode_long

_SYNC = b"zhongcao-0123456"

# Whatever is one variable-length number on the wire is read as a long. polars would wrap an int
# that overflows, take any byte but 1 for false, and panic at an enum index out of range and at any
# nullable enum; as longs, they can be looked at.
_PHYSICAL = {
    Kind.STRING: "string",
    Kind.BYTES: "bytes",
    Kind.FLOAT: "float",
    Kind.DOUBLE: "double",
}


class BlockReader:
    """Decodes datums of one flat writer schema to *physical* columns named c0, c1, ...

    A physical column is String, Binary, Float32, Float64, or Int64 for booleans (true is -1, the
    zigzag reading of byte 1), ints, longs and enums (the symbol's index).

    check: whether what `decode` returns is right.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self.check = LengthCheck(columns)
        self._header = _container_header(columns)

    def read(self, datums: pl.Series, sizes: Int64Array) -> pl.DataFrame | None:
        """One row for each datum (at least one), or None unless every row is certainly right.

        datums: Binary, no nulls. sizes: of each in bytes.

        None does not mean that a datum is bad: some valid but unusual encodings end here too.
        """
        block = self.decode(datums.to_list(), len(datums))
        return block.frame if block is not None and self.check.passes(block, sizes) else None

    def decode(self, bodies: Sequence[bytes | memoryview], count: int) -> Block | None:
        """The rows of so many datums, of which each of the bodies holds some; right only if they pass the check."""
        size = sum(map(len, bodies))
        head = self._header + encode_long(count) + encode_long(size)
        file = b"".join((head, *bodies, _SYNC))
        try:
            frame = pl.read_avro(io.BytesIO(file))
        except (PolarsError, OSError, PanicException):
            # A string's length that points past the block is a panic, not an error.
            return None
        if frame.height != count:
            return None
        return Block(frame, np.frombuffer(file, np.uint8, size, len(head)))


def _container_header(columns: Sequence[Column]) -> bytes:
    fields = [{"name": f"c{i}", "type": _physical_type(c)} for i, c in enumerate(columns)]
    schema = json.dumps({"type": "record", "name": "Row", "fields": fields}).encode()
    metadata = (b"avro.schema", schema, b"avro.codec", b"null")
    sized = (encode_long(len(item)) + item for item in metadata)
    return b"Obj\x01" + encode_long(len(metadata) // 2) + b"".join(sized) + encode_long(0) + _SYNC


def _physical_type(column: Column) -> Any:
    physical = _PHYSICAL.get(column.kind, "long")
    if column.null_branch is None:
        return physical
    return ["null", physical] if column.null_branch == 0 else [physical, "null"]
