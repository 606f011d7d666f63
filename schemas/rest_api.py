"""The resources of a schema registry that we use, as types."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

from schemas.parsing import parse_record
from schemas.registry import UnreadableSchema
from schemas.rest_client import RegistryClient

T = TypeVar("T")

#: A deleted version is still what the messages in a topic were written with.
_DELETED = "?deleted=true"


@dataclass(frozen=True, slots=True)
class SchemaText:
    """A schema as a registry keeps it.

    kind: AVRO, JSON, PROTOBUF.
    references: it cannot be read without other schemas.
    """

    text: str
    kind: str
    references: bool

    def parsed(self) -> Any:
        """The Avro record, as in `Contract.schema`; UnreadableSchema if it is none that we read."""
        if self.kind != "AVRO":
            raise UnreadableSchema(f"is of type {self.kind}, not AVRO")
        if self.references:
            raise UnreadableSchema("refers to other schemas, which are not followed")
        try:
            return parse_record(self.text)
        except ValueError as error:
            raise UnreadableSchema(str(error)) from error


@dataclass(frozen=True, slots=True)
class SubjectVersion:
    """One version of a subject, counted from 1."""

    version: int
    schema_id: int
    schema: SchemaText


class RegistryApi:
    """A schema registry. All may wait, and raise RegistryError, as `RegistryClient.send` does."""

    def __init__(self, client: RegistryClient) -> None:
        self.client = client

    def schema(self, schema_id: int) -> SchemaText | None:
        """The schema of an id, None if there is none."""
        return self._get(f"/schemas/ids/{schema_id}", _schema_text)

    def subjects_of(self, schema_id: int) -> list[str]:
        """The subjects that a schema is or was registered under."""
        path = f"/schemas/ids/{schema_id}/versions{_DELETED}"
        found = self._get(path, lambda entries: [str(entry["subject"]) for entry in entries])
        return found or []

    def versions(self, subject: str, deleted: bool = False) -> list[int]:
        """The versions of a subject, oldest first; none if there is no such subject.

        deleted: those that were deleted, too.
        """
        path = f"/subjects/{_quoted(subject)}/versions{_DELETED if deleted else ''}"
        return sorted(self._get(path, lambda each: list(map(int, each))) or [])

    def version(self, subject: str, version: int, deleted: bool = False) -> SubjectVersion | None:
        """One version of a subject, None if there is none. deleted: also if it was deleted."""
        path = f"/subjects/{_quoted(subject)}/versions/{version}{_DELETED if deleted else ''}"
        return self._get(path, _subject_version)

    def find(self, subject: str, text: str) -> SubjectVersion | None:
        """The version of a subject that has this Avro schema, None if there is none."""
        path = f"/subjects/{_quoted(subject)}"
        body = {"schema": text}
        found = self._send("POST", path, body, _subject_version)
        # Without normalize, some registries compare the texts to the last blank.
        return found or self._send("POST", f"{path}?normalize=true", body, _subject_version)

    def compatible(self, subject: str, text: str) -> tuple[bool, str]:
        """Whether a subject would take an Avro schema, and what the registry says about it.

        A subject that does not exist takes any.
        """
        path = f"/compatibility/subjects/{_quoted(subject)}/versions/latest?verbose=true"
        found = self._send("POST", path, {"schema": text}, _verdict)
        return found or (True, "")

    def register(self, subject: str, text: str) -> int:
        """Add an Avro schema to a subject, and return its id; RegistryError if it is not taken."""
        path = f"/subjects/{_quoted(subject)}/versions"
        found = self._send("POST", path, {"schema": text}, lambda entry: int(entry["id"]))
        if found is None:
            raise self.client.no_registry(f"no id from POST {path}")
        return found

    def set_compatibility(self, subject: str, level: str) -> None:
        """Say which changes a subject takes from now on, as BACKWARD or FULL_TRANSITIVE."""
        self.client.send("PUT", f"/config/{_quoted(subject)}", {"compatibility": level})

    def _get(self, path: str, read: Callable[[Any], T]) -> T | None:
        return self._send("GET", path, None, read)

    def _send(self, method: str, path: str, body: Any, read: Callable[[Any], T]) -> T | None:
        answer = self.client.send(method, path, body)
        try:
            return None if answer is None else read(answer)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise self.client.no_registry(f"strange JSON to {method} {path}") from error


def _quoted(subject: str) -> str:
    return quote(subject, safe="")


def _schema_text(entry: Any) -> SchemaText:
    references = bool(entry.get("references"))
    return SchemaText(str(entry["schema"]), entry.get("schemaType") or "AVRO", references)


def _subject_version(entry: Any) -> SubjectVersion:
    return SubjectVersion(int(entry["version"]), int(entry["id"]), _schema_text(entry))


def _verdict(entry: Any) -> tuple[bool, str]:
    return bool(entry["is_compatible"]), "; ".join(entry.get("messages") or [])
