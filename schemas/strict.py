"""Decoding one message with Apache Avro's library, without the library's lenience.

The library is the reference for what a datum means. Depending on its version, it also takes any
byte but 1 for false, ints beyond 32 bits, numbers beyond 64, an enum index that is negative (the
last symbols) or too high (the enum's default), leaves trailing bytes unread, and reads an array or a
map past the size that its block claims, by which it is skipped. Here all of these are errors, and so are more values
than the bytes can pay for: a null, or a record of nothing but nulls, takes no byte, and an array may claim any number.
"""

import io
from collections.abc import Callable
from typing import Any

from avro.errors import AvroException
from avro.io import BinaryDecoder, DatumReader

from schemas.parsing import MAX_PARTS

#: How many values a datum may have: one for each part of its schema, and for each of its bytes.
VALUES, VALUES_PER_BYTE = MAX_PARTS, 4


class Undecodable(ValueError):
    """A datum is not what its schema says; the text says why."""


def read_datum(schema: Any, datum: bytes) -> dict[str, Any]:
    """Decode a datum of a record schema, as its writer wrote it.

    A value of a union comes as the pair (schema of its branch, value).
    Raises Undecodable unless the datum is valid to its last byte.
    """
    decoder = _StrictDecoder(io.BytesIO(datum))
    try:
        record: dict[str, Any] = _StrictReader(schema, datum).read(decoder)
    except (AvroException, UnicodeDecodeError) as error:
        raise Undecodable(str(error)) from error
    except RecursionError as error:
        raise Undecodable("it is nested too deeply") from error
    if unread := len(datum) - decoder.reader.tell():
        raise Undecodable(f"{unread} bytes follow its end")
    return record


class Budget:
    """The values that a datum may still have."""

    def __init__(self, datum: bytes) -> None:
        self._most = self._left = VALUES + VALUES_PER_BYTE * len(datum)

    def take(self) -> None:
        """One value is read. Raises Undecodable."""
        self._left -= 1
        if self._left < 0:
            raise Undecodable(f"it claims more than {self._most} values")


class _StrictDecoder(BinaryDecoder):  # type: ignore[misc]
    def read(self, n: int) -> bytes:
        # BytesIO never allocates more than it holds, whatever the length claims.
        data: bytes = self.reader.read(n) if n >= 0 else b""
        if len(data) != n:
            raise Undecodable(f"{n} bytes are wanted where {len(data)} are left")
        return data

    def skip(self, n: int) -> None:
        self.read(n)  # neither backwards nor past the end

    def read_boolean(self) -> bool:
        byte = self.read(1)[0]
        if byte > 1:
            raise Undecodable(f"a boolean is the byte {byte}")
        return byte == 1

    def read_int(self) -> int:
        value = self.read_long()
        if not -(2**31) <= value < 2**31:
            raise Undecodable(f"the int {value} is beyond 32 bits")
        return value

    def read_long(self) -> int:
        value = shift = 0
        while True:
            byte = self.read(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
            if shift >= 70:
                raise Undecodable("a number is longer than ten bytes")
        if value >= 2**64:
            raise Undecodable("a number is beyond 64 bits")
        return (value >> 1) ^ -(value & 1)


class _StrictReader(DatumReader):  # type: ignore[misc]
    def __init__(self, schema: Any, datum: bytes) -> None:
        super().__init__(schema)
        self._in_blocks = False  # of an array or a map
        self._datum = datum
        self._budget = Budget(datum)

    def read_data(self, writers_schema: Any, readers_schema: Any, decoder: _StrictDecoder) -> Any:
        self._budget.take()
        return super().read_data(writers_schema, readers_schema, decoder)

    def read_enum(self, writers_schema: Any, readers_schema: Any, decoder: _StrictDecoder) -> str:
        symbols = writers_schema.symbols
        symbol: str = symbols[_index(decoder.read_int(), len(symbols), "enum")]
        return symbol

    def read_union(
        self, writers_schema: Any, readers_schema: Any, decoder: _StrictDecoder
    ) -> tuple[Any, Any]:
        branches = writers_schema.schemas
        branch = branches[_index(decoder.read_long(), len(branches), "union")]
        return branch, self.read_data(branch, branch, decoder)

    def read_array(
        self, writers_schema: Any, readers_schema: Any, decoder: _StrictDecoder
    ) -> list[Any]:
        items: list[Any] = self._as_skipped(super().read_array, writers_schema, decoder)
        return items

    def read_map(
        self, writers_schema: Any, readers_schema: Any, decoder: _StrictDecoder
    ) -> dict[str, Any]:
        items: dict[str, Any] = self._as_skipped(super().read_map, writers_schema, decoder)
        return items

    def _as_skipped(self, read: Callable[..., Any], schema: Any, decoder: _StrictDecoder) -> Any:
        """Read an array or a map, which must end where a reader that skips it would go on."""
        if self._in_blocks:  # what it is part of is skipped as a whole
            return read(schema, schema, decoder)
        start = decoder.reader.tell()
        self._in_blocks = True
        items = read(schema, schema, decoder)
        self._in_blocks = False
        end = decoder.reader.tell()
        decoder.reader.seek(start)
        _Skipper(self._datum).skip_data(schema, decoder)
        if decoder.reader.tell() != end:
            raise Undecodable(f"an Avro {schema.type} is not as long as its blocks claim")
        return items


class _Skipper(DatumReader):  # type: ignore[misc]
    def __init__(self, datum: bytes) -> None:
        super().__init__()
        self._budget = Budget(datum)

    def skip_data(self, writers_schema: Any, decoder: _StrictDecoder) -> None:
        self._budget.take()
        super().skip_data(writers_schema, decoder)


def _index(index: int, count: int, what: str) -> int:
    if not 0 <= index < count:
        raise Undecodable(f"index {index} into an {what} of {count}")
    return index
