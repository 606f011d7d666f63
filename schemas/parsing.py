"""Avro schemas as producers register them, parsed as leniently as Java's library of 1.9 to 1.11 does.

Java checks no namespace, and takes letters of any script in names and symbols. Avro's library for Python can be told so
for names, but not for the symbols of enums in fields: they are spelled in ASCII while it parses.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import avro.errors
import avro.schema

#: Records of records, twice each, are as many as atoms after some lines of JSON, and a datum of them takes no byte.
MAX_PARTS = 2_000

_PLAIN_SYMBOL = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def parse_record(text: str) -> Any:
    """Parse a schema's JSON, as in `Contract.schema`.

    Raises ValueError, which says what the text is instead of an Avro record.
    """
    try:
        plain = json.loads(text, object_hook=_plain)
        schema = avro.schema.make_avsc_object(plain, validate_names=False)
        parts = _parts(schema, {})
    except ValueError as error:
        raise ValueError(f"is not JSON: {error}") from error
    except avro.errors.AvroException as error:
        raise ValueError(f"is not an Avro schema: {error}") from error
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error
    if schema.type != "record":
        raise ValueError(f"is an Avro {schema.type}, not a record")
    if parts > MAX_PARTS:
        raise ValueError(
            f"has {parts:,} parts, each counted wherever it is used, more than {MAX_PARTS:,}"
        )
    _write_symbols_out(schema)
    return schema


def _plain(node: dict[str, Any]) -> Any:
    """A node without what has no meaning for reading, and with its symbols spelled."""
    node.pop("logicalType", None)
    if node.keys() == {"type"} and isinstance(node["type"], str):
        return node["type"]  # a name may stand in an object of its own
    if "symbols" in node:
        node["symbols"] = _each(node["symbols"], _spelled)
        if "default" in node:
            node["default"] = _spelled(node["default"])
    elif isinstance(node.get("order"), str):
        node["order"] = node["order"].lower()
    return node


def _each(symbols: Any, change: Any) -> Any:
    return [change(symbol) for symbol in symbols] if isinstance(symbols, list) else symbols


def _spelled(symbol: Any) -> Any:
    if not isinstance(symbol, str) or _PLAIN_SYMBOL.fullmatch(symbol):
        return symbol
    return f"_{symbol.encode().hex()}"


def _written_out(symbol: Any) -> Any:
    if not isinstance(symbol, str) or not symbol.startswith("_"):
        return symbol
    return bytes.fromhex(symbol[1:]).decode()


def _write_symbols_out(schema: Any) -> None:
    for part in _named(schema, set()):
        if part.type == "enum":
            part.set_prop("symbols", _each(part.symbols, _written_out))
            if "default" in part.props:
                part.set_prop("default", _written_out(part.props["default"]))


def _within(schema: Any) -> Iterable[Any]:
    """The schemas that a schema is made of."""
    yield from getattr(schema, "schemas", ())
    yield from (field.type for field in getattr(schema, "fields", ()))
    yield from (getattr(schema, name) for name in ("items", "values") if hasattr(schema, name))


def _named(schema: Any, met: set[int]) -> Iterator[Any]:
    """A schema and all that it is made of, each once. met: by identity."""
    if id(schema) not in met:
        met.add(id(schema))
        yield schema
        for part in _within(schema):
            yield from _named(part, met)


def _parts(schema: Any, known: dict[int, int]) -> int:
    """How many types there are, spelled out, in time that goes by the schema as it is written. known: by identity."""
    if id(schema) not in known:
        known[id(schema)] = 1  # where it is part of itself
        known[id(schema)] = 1 + sum(_parts(part, known) for part in _within(schema))
    return known[id(schema)]
