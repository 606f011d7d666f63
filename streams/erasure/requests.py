"""Requests to forget a user, as they lie in their topic: JSON, under the hash of the user id as key.

{"hash": "…", "user_id": "…"}    until all is removed
{"hash": "…"}                    from then on: compaction leaves only this
"""

import json
import logging
import re
from collections.abc import AsyncIterator, Iterable, Set
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Protocol

from streams.batch import Batch
from streams.validate import MAX_ID_CHARACTERS

logger = logging.getLogger(__name__)

_HASH = re.compile("[0-9a-f]{64}")


class Readable(Protocol):
    """The topic of requests, as it is read when a partition is taken over."""

    async def first_offset(self, partition: int) -> int: ...
    async def end_offset(self, partition: int) -> int: ...
    def read(
        self, partition: int, start: int, end: int
    ) -> AsyncIterator[tuple[int, bytes | None]]: ...


@dataclass(frozen=True, slots=True)
class Request:
    """A user to forget, or one that was forgotten.

    hash: see `hash_of`. user_id: None once all that was known of the user is removed.
    """

    hash: str
    user_id: str | None = None

    @classmethod
    def of(cls, user_id: str) -> "Request":
        """The request to forget a user."""
        return cls(hash_of(user_id.encode()), user_id)

    def fulfilled(self) -> "Request":
        """The same without the id."""
        return replace(self, user_id=None)

    @property
    def key(self) -> bytes:
        """The key of its record."""
        return self.hash.encode()

    def to_bytes(self) -> bytes:
        """The value of its record."""
        named = {} if self.user_id is None else {"user_id": self.user_id}
        return json.dumps({"hash": self.hash, **named}).encode()


@dataclass(frozen=True, slots=True)
class Asked:
    """What was read of the topic: the last word on each user, and how many records were no requests."""

    requests: list[Request]
    refused: int = 0


def hash_of(user_id: bytes) -> str:
    """SHA-256 of a user id in UTF-8, hexadecimal."""
    return sha256(user_id).hexdigest()


def from_bytes(raw: bytes | None) -> Request | None:
    """The request in a record's value; None if it holds none, whoever wrote it."""
    try:
        match json.loads(raw or b""):
            case {"user_id": user_id}:
                return Request.of(user_id) if _is_id(user_id) else None
            case {"hash": str(found)} if _HASH.fullmatch(found):
                return Request(found)
    except (ValueError, RecursionError):
        # RecursionError: nested deeper than Python goes.
        return None
    return None


def _is_id(value: object) -> bool:
    """Raises UnicodeEncodeError, a ValueError, for half a surrogate pair, which JSON can escape and no id can have."""
    return isinstance(value, str) and 0 < len(value) <= MAX_ID_CHARACTERS and bool(value.encode())


def forgotten_among(user_ids: Iterable[str], hashes: Set[str]) -> set[str]:
    """Those of the users whose hashes are among the given ones."""
    if not hashes:
        return set()
    return {user_id for user_id in user_ids if hash_of(user_id.encode()) in hashes}


def requests_in(batch: Batch) -> Asked:
    """What a batch of the topic holds."""
    return _latest(batch.partition, zip(batch.offsets.tolist(), batch.values, strict=True))


async def requests_of(topic: Readable, partition: int) -> Asked:
    """What a whole partition of the topic holds."""
    start, end = await topic.first_offset(partition), await topic.end_offset(partition)
    return _latest(partition, [record async for record in topic.read(partition, start, end)])


def _latest(partition: int, records: Iterable[tuple[int, bytes | None]]) -> Asked:
    latest, refused = {}, 0
    for offset, raw in records:
        request = from_bytes(raw)
        if request is None:
            refused += 1
            logger.warning(
                "no request to forget a user, left out",
                extra={"partition": partition, "offset": offset},
            )
        else:
            latest[request.hash] = request
    return Asked(list(latest.values()), refused)
