"""Where the Avro contracts come from."""

import math
import re
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from schemas.errors import SchemaError
from schemas.parsing import parse_record

#: The contracts that ship with the package.
CONTRACTS = Path(__file__).parent / "contracts"

#: The wire format carries the id as a signed 32-bit number.
MAX_SCHEMA_ID = 2**31 - 1

_FILE_NAME = re.compile(r"(?P<id>\d{4,})-(?P<topic>[A-Za-z0-9._-]+)\.avsc")


@dataclass(frozen=True, slots=True, eq=False)
class Contract:
    """One version of a topic's schema.

    schema_id: its id in the wire format, 1 to MAX_SCHEMA_ID; a later version has a higher one.
    topic: the Kafka topic that it belongs to.
    origin: where it was found, for messages to users.
    text: the schema as it was written, JSON.
    schema: the same parsed, an `avro.schema.RecordSchema`. Logical types are dropped: values are
        always those of the underlying type.
    """

    schema_id: int
    topic: str
    origin: str
    text: str
    schema: Any


class UnknownSchema(ValueError):
    """No message of a topic can be read by a schema id; the text, which follows the id, says why."""


class UnreadableSchema(UnknownSchema):
    """An id has a schema, which is none that we read: nor will it be later."""


class Registry(Protocol):
    """Looks contracts up; this may wait for a registry, and raise RegistryError."""

    def current(self, topic: str) -> Contract:
        """The newest contract of a topic, in whose terms messages are read.

        Raises SchemaError if the topic has none.
        """
        ...

    def for_encoding(self, topic: str) -> Contract:
        """The same contract, with the id that messages written with it carry.

        Raises SchemaError if the topic has none.
        """
        ...

    def writer(self, topic: str, schema_id: int) -> Contract:
        """What messages of a topic that carry this id were written with.

        Raises UnknownSchema.
        """
        ...

    def writers(self, topic: str, schema_ids: Sequence[int]) -> dict[int, Contract | UnknownSchema]:
        """The same for many ids, without asking a question for each that is made up.

        schema_ids: all different; those that most messages carry first.
        """
        ...

    @property
    def waited_at(self) -> float:
        """`time.monotonic()` when a call last began to wait for what is away; any thread may ask."""
        ...

    def impatient(self) -> AbstractContextManager[None]:
        """While inside, calls that wait, and those that would have to, raise RegistryClosed."""
        ...

    def close(self) -> None:
        """Wait no more: calls that wait, and those that would have to, raise RegistryClosed."""
        ...


class ListRegistry:
    """Contracts that are at hand.

    Raises SchemaError if two have the same id.
    """

    def __init__(self, contracts: Iterable[Contract]) -> None:
        self._by_id: dict[int, Contract] = {}
        for contract in contracts:
            other = self._by_id.setdefault(contract.schema_id, contract)
            if other is not contract:
                raise SchemaError(
                    f"{other.origin} and {contract.origin} have the same schema id; "
                    "give the newer one the next free id."
                )

    @property
    def topics(self) -> list[str]:
        """The topics that have a contract, in alphabetical order."""
        return sorted({contract.topic for contract in self._by_id.values()})

    def versions(self, topic: str) -> list[Contract]:
        """Every contract of a topic, oldest first; empty for a topic without any."""
        return sorted(
            (c for c in self._by_id.values() if c.topic == topic), key=lambda c: c.schema_id
        )

    def current(self, topic: str) -> Contract:
        """The contract of a topic with the highest id; SchemaError if the topic has none."""
        versions = self.versions(topic)
        if not versions:
            raise SchemaError(
                f"Topic {topic!r} has no contract; the topics that have one are "
                f"{', '.join(self.topics) or 'none'}."
            )
        return versions[-1]

    def for_encoding(self, topic: str) -> Contract:
        """The current contract: ids are those of the list."""
        return self.current(topic)

    def writer(self, topic: str, schema_id: int) -> Contract:
        """The contract with this id; UnknownSchema if there is none, or if another topic has it."""
        contract = self._by_id.get(schema_id)
        if contract is None:
            raise UnknownSchema("is not registered")
        if contract.topic != topic:
            raise UnknownSchema(f"belongs to {contract.topic}")
        return contract

    def writers(self, topic: str, schema_ids: Sequence[int]) -> dict[int, Contract | UnknownSchema]:
        """The contracts with these ids."""
        return {schema_id: self._writer_or_why(topic, schema_id) for schema_id in schema_ids}

    def _writer_or_why(self, topic: str, schema_id: int) -> Contract | UnknownSchema:
        try:
            return self.writer(topic, schema_id)
        except UnknownSchema as error:
            return error

    @property
    def waited_at(self) -> float:
        """Nothing here waits."""
        return -math.inf

    def impatient(self) -> AbstractContextManager[None]:
        """Nothing here waits."""
        return nullcontext()

    def close(self) -> None:
        """Nothing here waits."""


class DirectoryRegistry(ListRegistry):
    """Contracts in a folder, read once: files named `NNNN-<topic>.avsc`, NNNN being the schema id.

    Raises SchemaError if a file's name, its JSON or its schema is wrong, or if an id is used twice.
    """

    def __init__(self, folder: Path = CONTRACTS) -> None:
        super().__init__(_read(path) for path in _contract_files(folder))


def parse_contract(schema_id: int, topic: str, text: str, origin: str) -> Contract:
    """Build a contract from a schema's JSON.

    Raises SchemaError if the id is out of range, or if the text is not an Avro record.
    """
    if not 1 <= schema_id <= MAX_SCHEMA_ID:
        raise SchemaError(
            f"{origin}: schema id {schema_id} is outside 1 to {MAX_SCHEMA_ID}; "
            "choose an id that fits the wire format."
        )
    try:
        return Contract(schema_id, topic, origin, text, parse_record(text))
    except ValueError as error:
        raise SchemaError(f"{origin} {error}; correct the file.") from error


def _contract_files(folder: Path) -> Iterable[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".avsc")
    except OSError as error:
        raise SchemaError(
            f"The contracts folder {folder} cannot be read ({error.strerror}); "
            "name a folder of .avsc files."
        ) from error


def _read(path: Path) -> Contract:
    name = _FILE_NAME.fullmatch(path.name)
    if name is None:
        raise SchemaError(
            f"{path} is not named like a contract; call it NNNN-<topic>.avsc, "
            "NNNN being its schema id in at least four digits."
        )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SchemaError(f"{path} cannot be read as UTF-8 text: {error}; correct it.") from error
    return parse_contract(int(name["id"]), name["topic"], text, path.name)
