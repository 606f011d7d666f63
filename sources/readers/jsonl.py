"""JSON lines: one object each, with `topic`, perhaps `timestamp`, and the fields of the record.

    {"topic":"note-saves","timestamp":1748707328111,"user_id":"u1","occurred_at":1748707327771,…}

What the contract of the topic can encode is an event, also if a value breaks a rule (an empty id,
a negative amount): the pipeline keeps those with their reason, so they must reach it.
"""

import json
import math
from collections.abc import Callable
from typing import Any, Final, NoReturn

from schemas.columns import Column, Kind
from schemas.errors import SchemaError
from schemas.registry import Contract, Registry
from schemas.resolve import MISSING, reader_fields
from schemas.suggestions import did_you_mean
from schemas.topics import NOT_OTHER, OTHER, SOURCE_TOPICS, SourceEvent

from .reading import Malformed

#: Of the years 2001 to 2286. As milliseconds, they would be of the first months of 1970.
_SECONDS: Final = range(10**9, 10**10)

Check = Callable[[Any], bool]


class JsonlParser:
    """Makes events of lines by the current contracts of the source topics.

    Raises SchemaError if a contract is missing or has a field that JSON cannot hold.
    """

    def __init__(self, registry: Registry) -> None:
        self._fields = {topic: _fields(registry.current(topic)) for topic in SOURCE_TOPICS}

    def parse(self, line: bytes) -> SourceEvent:
        """The event of a line; fields that are missing get their defaults, in contract order.

        Raises Malformed if the contract of its topic cannot encode it.
        """
        values = _load(line)
        topic = values.pop("topic", MISSING)
        if topic is MISSING:
            raise Malformed("The line has no topic.")
        timestamp = _timestamp(values.pop("timestamp", None))
        if not isinstance(topic, str) or topic not in self._fields:
            raise Malformed(f"The topic is {_shown(topic)} and none of {', '.join(SOURCE_TOPICS)}.")
        record = {}
        for name, default, check, rule in self._fields[topic]:
            value = values.pop(name, default)
            if not check(value):
                if value is MISSING:
                    raise Malformed(f"The field {name} is missing.")
                raise Malformed(f"The field {name} is {_shown(value)} and must be {rule}.")
            record[name] = value
        if values:
            name = min(values)
            fields = [field for field, *_ in self._fields[topic]]
            raise Malformed(
                f"The topic {topic} has no field {_shown(name)}{did_you_mean(name, fields)}"
            )
        return SourceEvent(topic, record, timestamp)


def _load(line: bytes) -> dict[str, Any]:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"Byte {error.start + 1} of the line is not UTF-8.") from error
    if not text or text.isspace():
        raise Malformed("The line is empty.")
    try:
        values = _decode(text)
    except Malformed:
        raise
    except RecursionError as error:
        raise Malformed("The line is nested too deeply.") from error
    except ValueError as error:
        raise Malformed(f"The line is not JSON: {error}.") from error
    if not isinstance(values, dict):
        raise Malformed(f"The line is {_shown(values)} and not an object.")
    return values


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise Malformed("The line gives a field twice.")
    return values


def _constant(name: str) -> NoReturn:
    raise Malformed(f"The line holds {name}, which is not JSON.")


_decode: Final = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant).decode


def _timestamp(value: Any) -> int | None:
    if value is None:
        return None
    if type(value) is not int or not 0 <= value < 2**63:
        raise Malformed(
            f"The timestamp is {_shown(value)} and must be milliseconds since 1970, or left out."
        )
    if value in _SECONDS:
        raise Malformed(
            f"The timestamp is {value}: is this in seconds? It must be milliseconds since 1970."
        )
    return value


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _fields(contract: Contract) -> list[tuple[str, Any, Check, str]]:
    """Name, default or MISSING, check, and what the check asks for."""
    return [
        (field.column.name, field.default, *_check(contract, field.column))
        for field in reader_fields(contract)
    ]


def _check(contract: Contract, column: Column) -> tuple[Check, str]:
    if column.kind is Kind.ENUM:
        check, rule = _one_of(column.name, column.symbols)
    elif column.kind in _CHECKS:
        check, rule = _CHECKS[column.kind]
    else:
        raise SchemaError(
            f"{contract.origin}: field {column.name} is {column.kind}, which JSON lines cannot "
            "hold; use a string."
        )
    if not column.nullable:
        return check, rule
    return (lambda value: value is None or check(value)), f"{rule}, or null"


def _one_of(name: str, symbols: tuple[str, ...]) -> tuple[Check, str]:
    known = frozenset(symbols)
    # The contract has it, and a rule refuses it.
    told = [symbol for symbol in symbols if symbol != OTHER or name not in NOT_OTHER]
    rule = f"one of {', '.join(told)}"
    return (lambda value: isinstance(value, str) and value in known), rule


def _is_text(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        value.encode()  # JSON can escape half a surrogate pair, which no encoding can hold
    except UnicodeEncodeError:
        return False
    return True


def _is_int(value: Any) -> bool:
    return type(value) is int and -(2**31) <= value < 2**31


def _is_long(value: Any) -> bool:
    return type(value) is int and -(2**63) <= value < 2**63


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


_CHECKS: Final[dict[Kind, tuple[Check, str]]] = {
    Kind.STRING: (_is_text, "a string of valid Unicode"),
    Kind.BOOLEAN: (lambda value: isinstance(value, bool), "true or false"),
    Kind.INT: (_is_int, "a whole number of 32 bits"),
    Kind.LONG: (_is_long, "a whole number of 64 bits"),
    Kind.FLOAT: (_is_number, "a number"),
    Kind.DOUBLE: (_is_number, "a number"),
}
