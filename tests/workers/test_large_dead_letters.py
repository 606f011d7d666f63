"""A dead letter never stops a worker for its size, nor does the message that it is about."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError, MessageSizeTooLargeError, RecordListTooLargeError
from faust.exceptions import ProducerSendError
from workbench import NOON, Workbench, eventually

from schemas.rejects import Reason
from schemas.topics import NOTE_VIEWS
from sinks.memory import MemorySink
from streams.dead_letters import Letter, publish

LARGE = 2 << 20


class Producer:
    """Refuses what is larger than it takes; at once where the client knows, else when it was sent."""

    def __init__(self, takes: int, error: Exception, at_once: bool = False) -> None:
        self.sent: list[Letter] = []
        self._takes = takes
        self._error = error
        self._at_once = at_once

    async def send(
        self, topic: str, key: Any, value: Any, partition: None, timestamp: None, headers: Any
    ) -> Awaitable[None]:
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if len(key or b"") + len(value or b"") <= self._takes:
            self.sent.append(Letter(key, value, headers))
            answer.set_result(None)
        elif self._at_once:
            raise ProducerSendError("no") from self._error
        else:
            answer.set_exception(self._error)
        return answer


def letters(*sizes: int) -> list[Letter]:
    headers = {"topic": b"t", "partition": b"1", "offset": b"7", "reason": b"r", "detail": b"why"}
    return [Letter(b"key", bytes(size), headers) for size in sizes]


@pytest.mark.parametrize("error", [MessageSizeTooLargeError(), RecordListTooLargeError()])
@pytest.mark.parametrize("at_once", [True, False])
def test_what_its_topic_does_not_take_goes_there_cut(error: Exception, at_once: bool) -> None:
    producer = Producer(10_000, error, at_once)
    asyncio.run(publish(producer, letters(100, LARGE, 200)))
    assert [len(letter.value or b"") for letter in producer.sent] == [100, 200, 4096]
    detail = producer.sent[-1].headers["detail"].decode()
    assert detail == f"why (key and value have 3 and {LARGE} bytes: cut, the topic takes no more)"


def test_what_it_does_not_take_at_all_is_told(caplog: pytest.LogCaptureFixture) -> None:
    producer = Producer(100, MessageSizeTooLargeError())
    asyncio.run(publish(producer, letters(LARGE, 50)))
    assert [len(letter.value or b"") for letter in producer.sent] == [50]
    [record] = caplog.records
    assert "not even the beginning of a dead letter" in record.message
    assert vars(record)["offset"] == "7"


def test_other_errors_are_errors() -> None:
    with pytest.raises(KafkaTimeoutError):
        asyncio.run(publish(Producer(10, KafkaTimeoutError()), letters(100)))
    with pytest.raises(ProducerSendError):
        asyncio.run(publish(Producer(10, KafkaTimeoutError(), at_once=True), letters(100)))


def test_a_beginning_that_could_be_an_event_is_none(bench: Workbench) -> None:
    view = {"user_id": "u", "brand_id": "b", "note_id": "n", "occurred_at": NOON}
    event = bench.codec.encode(NOTE_VIEWS, view | {"surface": "SEARCH", "promoted": False})
    sink = MemorySink()

    async def scenario() -> None:
        app = bench.worker(sink)
        bench.broker.append(NOTE_VIEWS, b"u", event, NOON, 0)
        bench.broker.append(NOTE_VIEWS, bytes(LARGE), event, NOON, 0)
        bench.broker.append(NOTE_VIEWS, b"u", event + bytes(LARGE), NOON, 0)
        await app.start()
        await eventually(lambda: app.processed == 3)
        await app.stop()

    asyncio.run(scenario())
    assert len(sink.rows("touches")) == 1
    found = [
        (row["offset"], row["reason"], len(row["payload"])) for row in sink.rows("dead_letters")
    ]
    assert found == [(1, Reason.OVERSIZED, len(event)), (2, Reason.OVERSIZED, 4096)]
