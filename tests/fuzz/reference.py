"""What a message means: Apache Avro's library decodes it alone, with its own schema resolution.

Nothing here comes from the codec. Where the library is lenient, it is made strict; where its resolution
falls short of Avro's specification, the schemas are rewritten before (aliases, strings for bytes).
"""

import io
import json
from functools import cache
from typing import Any

import avro.schema
import numpy as np
from avro.errors import AvroException
from avro.io import BinaryDecoder, DatumReader

from fuzz.contracts import REGISTRY
from schemas.registry import Contract
from schemas.rejects import Reason

#: The values of a row in the order of the reader's columns, or why there is none. Floats are in
#: hexadecimal, in which NaN equals itself and 0.0 does not equal -0.0.
Outcome = tuple[Any, ...] | Reason

_TEXTS = {"string", "bytes"}


class TooLenient(ValueError):
    """The library would take what the specification does not allow."""


class _Decoder(BinaryDecoder):
    def read_boolean(self):
        return {b"\x00": False, b"\x01": True}[self.read(1)]

    def read_int(self):
        value = self.read_long()
        if not -(2**31) <= value < 2**31:
            raise TooLenient
        return value


class _Reader(DatumReader):
    def read_enum(self, writers_schema, readers_schema, decoder):
        # The library does not know the default of the reader's enum.
        symbol = super().read_enum(writers_schema, writers_schema, decoder)
        if symbol in readers_schema.symbols:
            return symbol
        if "default" not in readers_schema.props:
            raise TooLenient
        return readers_schema.props["default"]


class Reference:
    """What messages of one writer's contract are in the columns of a topic's current one."""

    def __init__(self, writer: Contract) -> None:
        reader = json.loads(REGISTRY.current(writer.topic).text)
        written = json.loads(writer.text, object_hook=_without_enum_default)
        _rename_by_alias(written, reader)
        self._kinds = [(field["name"], _kind(field["type"])) for field in reader["fields"]]
        self._writer = avro.schema.make_avsc_object(written)
        self._reader = avro.schema.make_avsc_object(_with_texts_as_written(reader, written))

    def outcome(self, datum: bytes) -> Outcome:
        try:
            self._read_all(datum)
            source = io.BytesIO(datum)
            record = _Reader(self._writer, self._reader).read(_Decoder(source))
            return tuple(_as(kind, record[name]) for name, kind in self._kinds)
        except (AvroException, TooLenient, KeyError, UnicodeDecodeError, RecursionError):
            return Reason.UNDECODABLE

    def _read_all(self, datum: bytes) -> None:
        """All fields must be good, also those that the resolution skips, and end where they would be skipped to."""
        source, reader = io.BytesIO(datum), _Reader()
        decoder = _Decoder(source)
        for field in self._writer.fields:
            start = source.tell()
            reader.read_data(field.type, field.type, decoder)
            end = source.tell()
            source.seek(start)
            reader.skip_data(field.type, decoder)
            if source.tell() != end:
                raise TooLenient
        if source.tell() != len(datum):
            raise TooLenient


@cache
def _references(topic: str) -> dict[int, Reference]:
    return {contract.schema_id: Reference(contract) for contract in REGISTRY.versions(topic)}


def outcome(topic: str, value: bytes | None) -> Outcome:
    """What becomes of one message of a topic."""
    if value is None or len(value) < 5 or value[0]:
        return Reason.NOT_WIRE_FORMAT
    schema_id = int.from_bytes(value[1:5], "big", signed=True)
    reference = _references(topic).get(schema_id)
    return reference.outcome(value[5:]) if reference else Reason.UNKNOWN_SCHEMA


def _without_enum_default(node: dict[str, Any]) -> dict[str, Any]:
    # Otherwise the library takes it for an index that is out of range.
    if node.get("type") == "enum":
        node.pop("default", None)
    return node


def _rename_by_alias(written: dict[str, Any], reader: dict[str, Any]) -> None:
    names = {
        alias: field["name"] for field in reader["fields"] for alias in field.get("aliases", ())
    }
    for field in written["fields"]:
        field["name"] = names.get(field["name"], field["name"])


def _with_texts_as_written(reader: dict[str, Any], written: dict[str, Any]) -> dict[str, Any]:
    types = {field["name"]: field["type"] for field in written["fields"]}
    fields = [dict(field) for field in reader["fields"]]
    for field in fields:
        writer_type = types.get(field["name"])
        if isinstance(writer_type, str) and {writer_type, _kind(field["type"])} == _TEXTS:
            field["type"] = writer_type
    return reader | {"fields": fields}


def _kind(type_: Any) -> str:
    """The name of a flat type, without its null."""
    if isinstance(type_, list):
        return _kind(next(branch for branch in type_ if branch != "null"))
    return type_["type"] if isinstance(type_, dict) else type_


def _as(kind: str, value: Any) -> Any:
    """The library leaves a promoted value as it was written."""
    match kind, value:
        case "string", bytes():
            return value.decode()
        case "bytes", str():
            return value.encode()
        case "float", int():
            return float(np.int64(value).astype(np.float32)).hex()
        case (("float" | "double"), (int() | float())):
            return float(value).hex()
    return value
