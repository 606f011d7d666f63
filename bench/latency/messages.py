"""All messages of a load, made ahead of time. Those of a topic have one width: a file has one behind the other."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from bench.latency.load import Load
from schemas.codec import Codec
from schemas.varint import encode_long

#: Fields that differ from message to message. All others are the same in all messages of a topic.
VARYING: Final = (
    "user_id",
    "note_id",
    "brand_id",
    "item_id",
    "shop_id",
    "click_id",
    "txn_id",
    "order_id",
    "sub_order_id",
)
#: Times of this and the next decade take so many bytes in Avro.
TIME_BYTES: Final = 6


@dataclass(frozen=True, slots=True)
class Messages:
    """A file of messages. width: of each, bytes. key_at: where its key lies in it, from and behind."""

    file: Path
    width: int
    key_at: tuple[int, int]


def write(codec: Codec, load: Load, topic: str, file: Path) -> Messages:
    """Encode all events of a topic, in their order."""
    records = load.of_topic(topic)
    first = records.row(0, named=True)
    template = codec.encode(topic, first)
    encoded = np.tile(np.frombuffer(template, np.uint8), (len(records), 1))
    for name in VARYING:
        if first.get(name) is not None:
            text = first[name].encode()
            at = _place(template, encode_long(len(text)) + text) + len(encode_long(len(text)))
            encoded[:, at : at + len(text)] = _characters(records[name], len(text))
    at = _place(template, encode_long(first["occurred_at"]))
    encoded[:, at : at + TIME_BYTES] = _varints(records["occurred_at"].to_numpy())
    file.write_bytes(encoded.tobytes())
    key = first["user_id"].encode()
    key_at = template.index(key)
    return Messages(file, len(template), (key_at, key_at + len(key)))


def _place(template: bytes, part: bytes) -> int:
    """Where a part lies that is there only once."""
    if template.count(part) != 1:
        raise ValueError(f"{part!r} is {template.count(part)} times in {template!r}")
    return template.index(part)


def _characters(texts: pl.Series, width: int) -> NDArray[np.uint8]:
    """A row of characters for each text. Raises: ValueError, if they differ in width."""
    joined = np.frombuffer(texts.str.join("").item().encode(), np.uint8)
    return joined.reshape(len(texts), width)


def _varints(numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Avro's encoding of longs that take TIME_BYTES each."""
    zigzag = numbers.astype(np.uint64) << np.uint64(1)
    if zigzag.min() >> np.uint64(7 * (TIME_BYTES - 1)) == 0 or zigzag.max() >> np.uint64(
        7 * TIME_BYTES
    ):
        raise ValueError(f"{numbers.min()} or {numbers.max()} does not take {TIME_BYTES} bytes")
    shifts = np.arange(TIME_BYTES, dtype=np.uint64) * np.uint64(7)
    sevens = (zigzag[:, None] >> shifts) & np.uint64(0x7F)
    sevens[:, :-1] |= np.uint64(0x80)
    return sevens.astype(np.uint8)
