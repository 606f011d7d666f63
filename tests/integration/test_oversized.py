"""Small batches that expand to gigabytes, on a real broker: bounded memory, dead letters, whole neighbours."""

import asyncio
import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from cli.commands import Zhongcao
from expanding import GZIP, LZ4, ZSTD, expanding
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from local_kafka import LocalKafka
from operated import TIMEOUT_S, Operated, committed, eventually
from workers.serving import total

from schemas.codec import Codec
from schemas.registry import DirectoryRegistry
from schemas.rejects import Reason
from schemas.topics import FORGET_REQUESTS, NOTE_VIEWS
from streams.partitioning import partition_of
from streams.settings import Settings

CODEC = Codec(DirectoryRegistry())
NOW = int(time.time() * 1000)
MB = 1 << 20
#: What a worker may take more than it had before.
GROWTH_KB = 500 << 10
OVERSIZED = 1 + 400 + 1 + 1


@pytest.fixture(scope="module")
def kafka(own_kafka: LocalKafka) -> LocalKafka:
    """A broker of this file's own: only its messages are counted."""
    return own_kafka


def view(user: str, note: str) -> bytes:
    record = {"user_id": user, "note_id": note, "brand_id": "b", "occurred_at": NOW}
    return CODEC.encode(NOTE_VIEWS, record | {"surface": "SEARCH", "promoted": False})


def bombs() -> list[bytes]:
    """Each with an event before and behind it."""
    large = [
        (GZIP, [(b"u", 900 * MB)]),
        (ZSTD, [(b"u", 2 * MB)] * 400),
        (LZ4, [(b"u", 100 * MB)]),
        (GZIP, [(40 * MB, b"value")]),
    ]
    return [
        expanding([(b"u", view("u", f"{at}a")), *records, (b"u", view("u", f"{at}b"))], codec, NOW)
        for at, (codec, records) in enumerate(large)
    ]


async def send(settings: Settings, topic: str, partition: int, batches: list[bytes]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=settings.broker_hosts)
    await producer.start()
    for raw in batches:
        made = producer.create_batch()
        made.append(timestamp=None, key=b"", value=b"")
        made._buffer = raw
        made.close()
        await (await producer.send_batch(made, topic, partition=partition))
    await producer.stop()


def memory_kb(process: subprocess.Popen[str], name: str) -> int:
    [line] = [
        line
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines()
        if line.startswith(name)
    ]
    return int(line.split()[1])


def test_a_worker_passes_by_and_starts_again(
    operated: Operated, settings: Settings, query: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    place = partition_of(b"u", settings.partitions)

    def is_at_the_end() -> bool:
        lag = total(operated.scrape(), "zhongcao_consumer_lag_records")
        return operated.get("/ready")[0] == 200 and lag == 0

    with operated.worker() as process:
        eventually(is_at_the_end, process)
        before = memory_kb(process, "VmRSS")
        asyncio.run(send(settings, NOTE_VIEWS, place, bombs()))
        request = expanding([(b"hash", 300 * MB), (b"hash", b"{}")], GZIP, NOW)
        asyncio.run(send(settings, FORGET_REQUESTS, place, [request]))
        eventually(lambda: counted(query) == OVERSIZED, process)
        eventually(is_at_the_end, process)
        assert memory_kb(process, "VmHWM") < before + GROWTH_KB
        process.send_signal(signal.SIGTERM)
        assert process.wait(TIMEOUT_S) == 0
    assert query("SELECT count(), uniqExact(note_id) FROM current_touches") == [(8, 8)]
    assert query(
        "SELECT max(length(payload)), max(length(key)), any(topic), any(`partition`), uniqExact(offset) "
        "FROM dead_letters"
    ) == [(4096, 4096, NOTE_VIEWS, place, OVERSIZED)]
    [(detail,)] = query("SELECT detail FROM dead_letters ORDER BY offset LIMIT 1")
    assert detail.startswith("key and value have 1 and 943,718,400 bytes, more than the 1,048,576")

    reached = committed(settings)
    with operated.worker() as process:
        eventually(is_at_the_end, process)
        assert memory_kb(process, "VmHWM") < before + GROWTH_KB
        process.send_signal(signal.SIGTERM)
        assert process.wait(TIMEOUT_S) == 0
    assert committed(settings) == reached

    done = Zhongcao(operated.folder)("verify", "--json", **operated.environ)
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert json.loads(done.stdout)["dead_letters"] == {Reason.OVERSIZED: OVERSIZED}


def test_records_that_were_deleted_are_passed_over(
    operated: Operated, settings: Settings, query: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    """As it is done with those that a broker holds damaged."""
    user = "passed"
    tp = TopicPartition(NOTE_VIEWS, partition_of(user.encode(), settings.partitions))
    notes = iter("abcdef")

    def publish(count: int) -> int:
        with KafkaProducer(bootstrap_servers=settings.broker_hosts) as producer:
            sent = [
                producer.send(NOTE_VIEWS, view(user, next(notes)), user.encode()).get(30)
                for _ in range(count)
            ]
        offset: int = sent[-1].offset
        return offset

    def work(count: int) -> None:
        held = f"SELECT count() FROM current_touches WHERE user_id = '{user}'"
        with operated.worker() as process:
            eventually(lambda: query(held) == [(count,)], process)
            process.send_signal(signal.SIGTERM)
            assert process.wait(TIMEOUT_S) == 0

    publish(2)
    work(2)
    last = publish(2)
    with KafkaAdminClient(bootstrap_servers=settings.broker_hosts) as admin:
        admin.delete_records({tp: last})
    publish(1)
    work(4)


def counted(query: Callable[[str], list[tuple[Any, ...]]]) -> int:
    """Messages: those whose beginning is the same are one row."""
    count: int = query("SELECT sum(times) FROM current_dead_letters WHERE reason = 'oversized'")[0][
        0
    ]
    return count
