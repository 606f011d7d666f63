"""Messages of the topics as rows of the scratch table `records`."""

import struct
from collections.abc import Iterable, Mapping
from typing import Any

from kafka.consumer.fetcher import ConsumerRecord

from schemas.registry import Registry, UnknownSchema
from schemas.rejects import Reason
from schemas.topics import LINK_CLICKS, NOTE_VIEWS
from streams.timeunits import bounded_time
from streams.transport.expansion import Unread
from verify.datum import Datums, Unreadable

_HEADER = struct.Struct(">bi")

_KINDS = {NOTE_VIEWS: "view", LINK_CLICKS: "click"}
_NO_FIELDS: Mapping[str, Any] = {
    "user_id": "",
    "occurred_at": 0,
    "brand_id": "",
    "note_id": "",
    "surface": "",
    "promoted": False,
    "dwell_ms": None,
    "click_id": None,
    "item_id": "",
    "placement": "",
    "txn_id": "",
    "order_id": "",
    "sub_order_id": "",
    "shop_id": "",
    "quantity": 0,
    "amount_fen": 0,
}


def columns_of(topic: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """A message as columns of `records`: its fields, none if it is damaged; those of other topics are empty."""
    columns = {**_NO_FIELDS, **fields}
    kind = columns.pop("kind", "") or columns.pop("action", "").lower()
    return {**columns, "kind": kind or _KINDS.get(topic, "")}


class Messages:
    """Reads messages, each partition in the order of its offsets.

    registry: names the schemas.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._datums: dict[tuple[str, int], Datums | None] = {}

    def rows(self, records: Iterable[ConsumerRecord]) -> list[dict[str, Any]]:
        """One row a message: where it lies, its fields, or as `damage` why it has none."""
        return [self._row(record) for record in records]

    def _row(self, message: ConsumerRecord) -> dict[str, Any]:
        fields, damage = self._fields(message)
        return {
            **columns_of(message.topic, fields),
            "topic": message.topic,
            "partition": message.partition,
            "offset": message.offset,
            "kafka_timestamp": bounded_time(message.timestamp),
            "key": message.key,
            "payload": None if message.value is None else bytes(message.value),
            "damage": damage,
        }

    def _fields(self, message: ConsumerRecord) -> tuple[Mapping[str, Any], str]:
        value = message.value
        if isinstance(value, Unread):
            return {}, value.fault.reason
        if value is None or len(value) < _HEADER.size or value[0] != 0:
            return {}, Reason.NOT_WIRE_FORMAT
        _, schema_id = _HEADER.unpack_from(value)
        datums = self._datums_of(message.topic, schema_id)
        if datums is None:
            return {}, Reason.UNKNOWN_SCHEMA
        try:
            return datums.read(value[_HEADER.size :]), ""
        except Unreadable:
            return {}, Reason.UNDECODABLE

    def _datums_of(self, topic: str, schema_id: int) -> Datums | None:
        if (topic, schema_id) not in self._datums:
            try:
                writer = self._registry.writer(topic, schema_id)
                found = Datums(writer, self._registry.current(topic))
            except UnknownSchema:
                found = None
            self._datums[topic, schema_id] = found
        return self._datums[topic, schema_id]
