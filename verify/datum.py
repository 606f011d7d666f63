"""One message, read by Apache Avro's library."""

import io
import json
from collections.abc import Mapping
from typing import Any

from avro.errors import AvroException
from avro.io import BinaryDecoder, DatumReader

from schemas.parsing import parse_record
from schemas.registry import Contract
from schemas.strict import VALUES, VALUES_PER_BYTE

_INT_BITS = 31


class Unreadable(ValueError):
    """A datum is not what its schema says, to its last byte."""


class Datums:
    """Reads datums of one writer schema in terms of the reader's."""

    def __init__(self, writer: Contract, reader: Contract) -> None:
        self._schemas = parse_record(_as_named_by(writer, reader)), reader.schema

    def read(self, datum: bytes) -> Mapping[str, Any]:
        """The record. Raises: Unreadable."""
        source = io.BytesIO(datum)
        try:
            record: Mapping[str, Any] = _Reader(*self._schemas, len(datum)).read(_Decoder(source))
        except (AvroException, UnicodeDecodeError, RecursionError) as error:
            raise Unreadable(str(error)) from error
        if source.tell() != len(datum):
            raise Unreadable("bytes follow its end")
        return record


class _Decoder(BinaryDecoder):  # type: ignore[misc]
    """The library's, which also takes any byte for a boolean and any number for an int."""

    def read_boolean(self) -> bool:
        byte: int = self.read(1)[0]
        if byte > 1:
            raise Unreadable(f"byte {byte} is no boolean")
        return byte == 1

    def read_int(self) -> int:
        number: int = self.read_long()
        if number >> _INT_BITS not in (0, -1):
            raise Unreadable(f"{number} is no int")
        return number


class _Reader(DatumReader):  # type: ignore[misc]
    """The library's, which takes an index beyond an enum's symbols for its default, and skips without looking.

    It matches types by their full names, and no union with what is none: producers may have a namespace of their own.

    It would also read as many values as an array claims, although they take no bytes.
    """

    def __init__(self, writers_schema: Any, readers_schema: Any, size: int) -> None:
        super().__init__(writers_schema, readers_schema)
        self._values_left = VALUES + VALUES_PER_BYTE * size

    def read_data(self, writers_schema: Any, readers_schema: Any, decoder: _Decoder) -> Any:
        self._values_left -= 1
        if self._values_left < 0:
            raise Unreadable("it claims too many values")
        if writers_schema.type == "union":
            return self.read_union(writers_schema, readers_schema, decoder)
        branches = readers_schema.schemas if readers_schema.type == "union" else [readers_schema]
        for branch in branches:
            if branch.type == writers_schema.type == "enum":
                return self.read_enum(writers_schema, branch, decoder)
            if branch.type == writers_schema.type == "record":
                return self.read_record(writers_schema, branch, decoder)
        return super().read_data(writers_schema, readers_schema, decoder)

    def skip_data(self, writers_schema: Any, decoder: _Decoder) -> None:
        self.read_data(writers_schema, writers_schema, decoder)

    def read_enum(self, writers_schema: Any, readers_schema: Any, decoder: _Decoder) -> str:
        index = decoder.read_int()
        if not 0 <= index < len(writers_schema.symbols):
            raise Unreadable(f"{index} is no index of an enum")
        symbol: str | None = writers_schema.symbols[index]
        if symbol not in readers_schema.symbols:
            symbol = readers_schema.props.get("default")
        if symbol is None:
            raise Unreadable(f"the symbol {writers_schema.symbols[index]} is not known")
        return symbol


def _as_named_by(writer: Contract, reader: Contract) -> str:
    """The writer's schema with its fields renamed as the reader's aliases say, which the library leaves out."""
    renamed = json.loads(writer.text)
    written = {field["name"] for field in renamed["fields"]}
    names = {}
    for field in reader.schema.to_json()["fields"]:
        found = (name for name in (field["name"], *field.get("aliases", ())) if name in written)
        names[next(found, None)] = field["name"]
    for field in renamed["fields"]:
        field["name"] = names.get(field["name"], field["name"])
    return json.dumps(renamed)
