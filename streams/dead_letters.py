"""What cannot be used, on its way to the topic of dead letters.

A letter is the message: key and value as they came, the rest as headers. The table has the same, so a letter that the
topic does not take goes there cut, and no letter stops a worker for its size.
"""

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import Any

from aiokafka.errors import MessageSizeTooLargeError, RecordListTooLargeError
from faust.exceptions import ProducerSendError

from schemas.rejects import Reject
from schemas.topics import DEAD_LETTERS
from streams.batch import Batch
from streams.transport.expansion import BEGINNING_BYTES

logger = logging.getLogger(__name__)

_TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message for the topic. headers: topic, partition, offset, timestamp, reason and detail.

    Its own timestamp is the time of sending: that of the message may be one that brokers refuse, or long past.
    """

    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes]

    @classmethod
    def of(cls, batch: Batch, reject: Reject) -> "Letter":
        """That of a message of a batch."""
        return cls(
            batch.keys[reject.row],
            batch.values[reject.row],
            {
                "topic": batch.topic.encode(),
                "partition": str(batch.partition).encode(),
                "offset": str(batch.offsets[reject.row]).encode(),
                "timestamp": str(batch.timestamps[reject.row]).encode(),
                "reason": str(reject.reason).encode(),
                "detail": reject.detail.encode(),
            },
        )

    def cut(self) -> "Letter":
        """The same with the beginnings of key and value."""
        key, value = self.key or b"", self.value or b""
        told = (
            f" (key and value have {len(key)} and {len(value)} bytes: cut, the topic takes no more)"
        )
        return replace(
            self,
            key=None if self.key is None else key[:BEGINNING_BYTES],
            value=None if self.value is None else value[:BEGINNING_BYTES],
            headers=self.headers | {"detail": self.headers["detail"] + told.encode()},
        )


async def publish(producer: Any, letters: list[Letter]) -> None:
    """Send them; return when the topic has them, those cut that it would not take."""
    sent = [(letter, await _send(producer, letter)) for letter in letters]
    # All are waited for, whichever fails.
    taken = await asyncio.gather(*(waiting for _, waiting in sent), return_exceptions=True)
    for (letter, _), error in zip(sent, taken, strict=True):
        if isinstance(error, _TOO_LARGE):
            await _publish_cut(producer, letter)
        elif isinstance(error, BaseException):
            raise error


async def _publish_cut(producer: Any, letter: Letter) -> None:
    try:
        await (await _send(producer, letter.cut()))
    except _TOO_LARGE:
        place = {name: letter.headers[name].decode() for name in ("topic", "partition", "offset")}
        logger.warning(
            "%s takes not even the beginning of a dead letter: the table has it",
            DEAD_LETTERS,
            extra=place,
        )


async def _send(producer: Any, letter: Letter) -> Awaitable[Any]:
    """What to wait for until the topic has it."""
    try:
        waiting: Awaitable[Any] = await producer.send(
            DEAD_LETTERS, letter.key, letter.value, None, None, letter.headers
        )
    except ProducerSendError as error:
        if not isinstance(error.__cause__, _TOO_LARGE):
            raise
        # The client has not even tried.
        waiting = asyncio.get_running_loop().create_future()
        waiting.set_exception(error.__cause__)
    return waiting
