"""Workers as their operators have them: processes with a web port, log lines and signals, on a real broker."""

import json
import subprocess
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

from cli.commands import EXECUTABLE, Zhongcao, environment
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from local_kafka import free_port
from workers.serving import Samples, parsed

from schemas.topics import SOURCE_TOPICS
from sinks.connection import ClickHouse
from streams.settings import Settings

TIMEOUT_S = 120


class Operated:
    """Runs workers of one group and one state, one after another, and asks them."""

    def __init__(self, settings: Settings, clickhouse: ClickHouse, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.environ = {
            "ZHONGCAO_BROKER": settings.broker,
            "ZHONGCAO_GROUP": settings.group,
            "ZHONGCAO_PARTITIONS": str(settings.partitions),
            "ZHONGCAO_CLICKHOUSE_PORT": str(clickhouse.port),
            "ZHONGCAO_CLICKHOUSE_HTTP_PORT": str(clickhouse.http_port),
            "ZHONGCAO_CLICKHOUSE_DATABASE": clickhouse.database,
            "ZHONGCAO_DATA_DIR": str(folder / "state"),
            "ZHONGCAO_WEB_PORT": str(self.port),
            "ZHONGCAO_LOG_FORMAT": "json",
        }

    @contextmanager
    def worker(self, **environ: str) -> Iterator[subprocess.Popen[str]]:
        """A worker; whoever starts it ends it, or it is killed."""
        log = self.folder / "worker.log"
        with (
            log.open("w") as stderr,
            subprocess.Popen(
                [EXECUTABLE, "worker"],
                env=environment(self.environ | environ),
                stderr=stderr,
                stdout=stderr,
                text=True,
            ) as process,
        ):
            try:
                yield process
            finally:
                process.kill()

    def lines(self) -> list[dict[str, Any]]:
        """The log of the latest worker, every line of which is JSON; the last may be under way."""
        whole, _, _ = (self.folder / "worker.log").read_text().rpartition("\n")
        return [json.loads(line) for line in whole.splitlines()]

    def get(self, path: str) -> tuple[int, str]:
        """Status and body; status 0 while nobody listens or answers."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}{path}", timeout=30
            ) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except (URLError, ConnectionError, TimeoutError):
            return 0, ""

    def scrape(self) -> Samples:
        status, text = self.get("/metrics")
        return parsed(text) if status == 200 else {}

    def has_told(self, message: str) -> bool:
        return any(line["message"].startswith(message) for line in self.lines())


def publish(operated: Operated) -> None:
    zhongcao = Zhongcao(operated.folder)
    zhongcao.ok("generate", "--events", "3000", "--seed", "11", "--output", "events.jsonl")
    done = zhongcao("replay", "events.jsonl", "--format", "jsonl", **operated.environ)
    assert done.returncode == 0, done.stderr


def records_in(settings: Settings) -> Counter[str]:
    """Topic → records that a consumer gets to see, those of other tests included."""
    consumer = KafkaConsumer(
        bootstrap_servers=settings.broker_hosts, isolation_level="read_committed"
    )
    tps = partitions(settings)
    consumer.assign(tps)
    consumer.seek_to_beginning(*tps)
    ends = consumer.end_offsets(tps)
    counts: Counter[str] = Counter()
    deadline = time.monotonic() + TIMEOUT_S
    while any(consumer.position(tp) < ends[tp] for tp in tps):
        assert time.monotonic() < deadline
        for tp, records in consumer.poll(timeout_ms=500).items():
            counts[tp.topic] += len(records)
    consumer.close()
    return counts


def partitions(settings: Settings) -> list[TopicPartition]:
    return [
        TopicPartition(topic, partition)
        for topic in SOURCE_TOPICS
        for partition in range(settings.partitions)
    ]


def committed(settings: Settings) -> int:
    """How far the group has committed, all partitions added up."""
    consumer = KafkaConsumer(
        bootstrap_servers=settings.broker_hosts, group_id=settings.group, enable_auto_commit=False
    )
    offsets = [consumer.committed(tp) or 0 for tp in partitions(settings)]
    consumer.close()
    return sum(offsets)


def members(settings: Settings) -> list[Any]:
    """Who is in the group."""
    admin = KafkaAdminClient(bootstrap_servers=settings.broker_hosts)
    found: list[Any] = admin.describe_groups([settings.group])[settings.group]["members"]
    admin.close()
    return found


def eventually(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait until something holds; fail if the process ends before, or it takes TIMEOUT_S."""
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        if process.poll() is not None:
            assert condition(), "the worker ended"
            return
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.2)
