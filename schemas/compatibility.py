"""May a contract change like this? Every version must read what all earlier ones wrote."""

from itertools import combinations
from typing import Any

from avro.compatibility import (
    ReaderWriterCompatibilityChecker,
    SchemaCompatibilityType,
    lookup_writer_field,
)

from schemas.errors import SchemaError
from schemas.registry import Contract, ListRegistry


def check_compatibility(registry: ListRegistry) -> None:
    """Check that each version of each topic can read the data of all earlier versions.

    This is what schema registries call BACKWARD_TRANSITIVE: topics keep their data for longer than
    one version lives, so compatibility with the version just before is not enough.

    Raises SchemaError naming both files and the field at the first change that breaks it.
    """
    for topic in registry.topics:
        for older, newer in combinations(registry.versions(topic), 2):
            _check_pair(older, newer)


def _check_pair(older: Contract, newer: Contract) -> None:
    for field in newer.schema.fields:
        written = lookup_writer_field(older.schema, field)
        if written is None:
            if not field.has_default:
                raise SchemaError(
                    f"{newer.origin} cannot read the data of {older.origin}: field {field.name} "
                    "is new and has no default; give it one, or an alias of the field it renames."
                )
        elif problem := _mismatch(field.type, written.type):
            raise SchemaError(
                f"{newer.origin} cannot read the data of {older.origin}: field {field.name}: "
                f"{problem}; keep a type that can hold the earlier values."
            )
    # Only the name of the record is left to differ.
    if problem := _mismatch(newer.schema, older.schema):
        raise SchemaError(
            f"{newer.origin} cannot read the data of {older.origin}: record "
            f"{newer.schema.fullname}: {problem}; keep the record's name or make it an alias."
        )


def _mismatch(reader: Any, writer: Any) -> str:
    result = ReaderWriterCompatibilityChecker().get_compatibility(reader, writer)
    if result.compatibility is SchemaCompatibilityType.compatible:
        return ""
    return "; ".join(sorted(result.messages)) or "the types do not match"
