"""The codec of the topics' values: batches of messages to columns, records to messages."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import polars as pl

from schemas.decode import Output, WriterDecoder
from schemas.encode import RecordEncoder
from schemas.registry import Contract, Registry, UnknownSchema
from schemas.rejects import Reason, Reject
from schemas.resolve import ReaderField, reader_fields
from schemas.wire import Group, split

#: So many ids that a registry does not know are asked for in one batch; others that are new are taken for the like.
ASKED_IN_VAIN = 16


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
        # What most messages were written with is looked up first.
        for schema_id, group in sorted(groups.items(), key=lambda one: -len(one[1])):
            self._decode_group(topic, schema_id, group, out)
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

    def _decode_group(self, topic: str, schema_id: int, group: Group, out: Output) -> None:
        decoder = self._decoders.get((topic, schema_id))
        if decoder is None:
            try:
                writer = self._writer(topic, schema_id, out)
            except UnknownSchema as error:
                out.asked_in_vain += error.asked
                detail = f"schema {schema_id} {error}"
                out.rejects.extend(Reject(row, Reason.UNKNOWN_SCHEMA, detail) for row in group.rows)
                return
            decoder = WriterDecoder(writer, self._fields_of(topic))
            self._decoders[topic, schema_id] = decoder
        decoder.decode(group, out)

    def _writer(self, topic: str, schema_id: int, out: Output) -> Contract:
        if out.asked_in_vain >= ASKED_IN_VAIN:
            why = f"was not looked up: {ASKED_IN_VAIN} others of the same batch are not known"
            raise UnknownSchema(why)
        return self._registry.writer(topic, schema_id)
