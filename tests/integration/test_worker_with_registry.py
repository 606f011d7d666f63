"""The commands as an operator runs them with a schema registry: register, publish, work, and stop while it is away."""

import signal
import time
from pathlib import Path

import pytest
from cli.commands import Zhongcao
from kafka import KafkaProducer
from local_kafka import LocalKafka
from local_registry import LocalRegistry
from worker_process import serve_from, worker

from schemas.topics import NOTE_SAVES
from streams import topics
from streams.settings import Settings

TIMEOUT_S = 60


@pytest.fixture
def config(settings: Settings, kafka: LocalKafka, registry: LocalRegistry, tmp_path: Path) -> Path:
    """A settings file for a worker of its own group."""
    topics.create(settings, replication=1)
    file = tmp_path / "zhongcao.toml"
    file.write_text(
        f'broker = "kafka://{kafka.address}"\ngroup = "{settings.group}"\npartitions = 4\n'
        f'schema_registry_url = "{registry.url}"\n'
    )
    return file


def test_register_publish_work_and_stop_while_the_registry_is_away(
    config: Path, settings: Settings, registry: LocalRegistry, tmp_path: Path
) -> None:
    zhongcao = Zhongcao(tmp_path)
    zhongcao.ok("generate", "--events", "2000", "--late-share", "0", "--output", "events.jsonl")
    replay = ("replay", "events.jsonl", "--format", "jsonl", "--config", str(config))
    assert "zhongcao schemas register" in zhongcao.fails(*replay)
    with zhongcao.serving("ch", "--port", "0", "--http-port", "0"):
        serve_from(config, tmp_path / "ch")
        assert "zhongcao schemas register" in zhongcao.fails("worker", "--config", str(config))
        for told in ("registered, id", "was there, id"):
            assert zhongcao.ok("schemas", "register", "--config", str(config)).count(told) == 4
        assert "can be read" in zhongcao.ok("schemas", "check", "--config", str(config))
        assert "failed" not in zhongcao.ok("doctor", "--config", str(config))

        zhongcao.ok(*replay)
        with worker(config, "state") as process:
            wait_for_rows(zhongcao, config)
            registry.stop()
            try:
                publish_an_id_that_is_new(settings)
                assert process.stderr
                assert any("is away" in line for line in iter(process.stderr.readline, ""))
                process.send_signal(signal.SIGTERM)
                assert process.wait(TIMEOUT_S) == 0
                assert process.stderr.read() == ""
            finally:
                registry.start()


def wait_for_rows(zhongcao: Zhongcao, config: Path) -> None:
    query = "SELECT count() FROM current_order_events"
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        if zhongcao.ok("sql", "--config", str(config), "--format", "TSV", query) != "0\n":
            return
        time.sleep(0.5)
    raise AssertionError("no row came within the time")


def publish_an_id_that_is_new(settings: Settings) -> None:
    with KafkaProducer(bootstrap_servers=settings.broker_hosts) as producer:
        producer.send(NOTE_SAVES, key=b"k", value=b"\x00\x00\x00\x12\x34datum").get(10)
