"""The codec of the topics' values: batches of messages to columns, records to messages."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import polars as pl

from schemas.decode import Output, WriterDecoder
from schemas.encode import RecordEncoder
from schemas.registry import Registry, UnknownSchema
from schemas.rejects import Reason, Reject
from schemas.resolve import ReaderField, reader_fields
from schemas.wire import Group, split


@dataclass(frozen=True, slots=True)
class Decoded:
    """A batch of messages, each of which is either a row of the frame or a reject.

    frame: `row` (Int64, the message's position in the batch, ascending), then the fields of the
        topic's current contract: String (also for enums), Int64, Int32, Boolean, ...
    rejects: ascending by row.
    """

    frame: pl.DataFrame
    rejects: list[Reject]


class Codec:
    """Decodes and encodes by the contracts of a registry.

    Each topic's current contract is looked up once, when the topic is first used, and so is each
    schema that messages were written with; one that is not found is looked up again.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._fields: dict[str, tuple[ReaderField, ...]] = {}
        self._decoders: dict[tuple[str, int], WriterDecoder] = {}
        self._encoders: dict[str, RecordEncoder] = {}

    def decode(self, topic: str, values: pl.Series) -> Decoded:
        """Decode a batch of a topic's messages, written with any versions of its contract.

        values: Binary, the messages in the wire format; bad ones become rejects and raise nothing.
        Raises SchemaError if the topic has no contract, or none that fits columns, and
        RegistryError.
        """
        schema = self.frame_schema(topic)
        groups, rejects = split(values)
        out = Output(rejects=rejects)
        unknown = self._look_up(topic, groups)
        for schema_id, group in groups.items():
            if schema_id in unknown:
                detail = f"schema {schema_id} {unknown[schema_id]}"
                rejects.extend(Reject(row, Reason.UNKNOWN_SCHEMA, detail) for row in group.rows)
            else:
                self._decoders[topic, schema_id].decode(group, out)
        rejects.sort(key=lambda reject: reject.row)
        match out.frames:
            case []:
                return Decoded(pl.DataFrame(schema=schema), rejects)
            case [frame]:
                return Decoded(frame, rejects)
            case frames:
                return Decoded(pl.concat(frames).sort("row"), rejects)

    def encode(self, topic: str, record: Mapping[str, Any]) -> bytes:
        """One record of a topic as a message, by the topic's current contract.

        record: field → value; fields with a default may be missing.
        Raises SchemaError naming topic, field and value if the record does not fit, and
        RegistryError.
        """
        encoder = self._encoders.get(topic)
        if encoder is None:
            encoder = self._encoders[topic] = RecordEncoder(self._registry.for_encoding(topic))
        return encoder.encode(record)

    def prepare(self, topics: Iterable[str]) -> None:
        """Look up now what `encode` will need for these topics; raises RegistryError, SchemaError."""
        for topic in topics:
            self._encoders[topic] = RecordEncoder(self._registry.for_encoding(topic))

    @property
    def waited_at(self) -> float:
        """When the registry was last waited for; see `Registry.waited_at`."""
        return self._registry.waited_at

    def impatient(self) -> AbstractContextManager[None]:
        """While inside, wait for no registry; see `Registry.impatient`."""
        return self._registry.impatient()

    def close(self) -> None:
        """Wait no more for the registry; see `Registry.close`."""
        self._registry.close()

    def frame_schema(self, topic: str) -> dict[str, pl.DataType]:
        """The columns that `decode` returns for a topic, also for an empty batch."""
        columns = (field.column for field in self._fields_of(topic))
        return {"row": pl.Int64(), **{column.name: column.dtype for column in columns}}

    def _fields_of(self, topic: str) -> tuple[ReaderField, ...]:
        if topic not in self._fields:
            self._fields[topic] = reader_fields(self._registry.current(topic))
        return self._fields[topic]

    def _look_up(self, topic: str, groups: Mapping[int, Group]) -> dict[int, UnknownSchema]:
        """Make decoders of the ids that are new, and return those that cannot be read, with why."""
        new = [schema_id for schema_id in groups if (topic, schema_id) not in self._decoders]
        unknown = {}
        if new:
            new.sort(key=lambda schema_id: -len(groups[schema_id]))
            for schema_id, writer in self._registry.writers(topic, new).items():
                if isinstance(writer, UnknownSchema):
                    unknown[schema_id] = writer
                else:
                    decoder = WriterDecoder(writer, self._fields_of(topic))
                    self._decoders[topic, schema_id] = decoder
        return unknown
