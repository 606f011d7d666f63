"""The commands as an operator runs them, against a real broker and the embedded ClickHouse server."""

import signal
import time
from pathlib import Path

import pytest
from cli.commands import Zhongcao
from local_kafka import LocalKafka
from worker_process import serve_from, worker

from streams import topics
from streams.settings import Settings

TIMEOUT_S = 60


@pytest.fixture
def config(settings: Settings, kafka: LocalKafka, tmp_path: Path) -> Path:
    """A settings file for a worker of its own group."""
    topics.create(settings, replication=1)
    file = tmp_path / "zhongcao.toml"
    file.write_text(
        f'broker = "kafka://{kafka.address}"\ngroup = "{settings.group}"\npartitions = 4\n'
    )
    return file


def test_publish_work_stop_and_refuse_without_the_state(config: Path, tmp_path: Path) -> None:
    zhongcao = Zhongcao(tmp_path)
    zhongcao.ok("generate", "--events", "2000", "--late-share", "0", "--output", "events.jsonl")
    replay = ("replay", "events.jsonl", "--format", "jsonl", "--config", str(config))
    with zhongcao.serving("ch", "--port", "0", "--http-port", "0"):
        serve_from(config, tmp_path / "ch")
        zhongcao.ok(*replay)
        with worker(config, "state") as process:
            count = "SELECT count() FROM current_order_events"
            query = ("sql", "--config", str(config), "--format", "TSV", count)
            deadline = time.monotonic() + TIMEOUT_S
            while zhongcao.ok(*query) == "0\n" and time.monotonic() < deadline:
                time.sleep(0.5)
            assert int(zhongcao.ok(*query)) > 0
            process.send_signal(signal.SIGTERM)
            assert process.wait(TIMEOUT_S) == 0

        zhongcao.ok(*replay)
        with worker(config, "elsewhere") as process:
            assert process.stderr
            told = process.stderr.read()
            assert process.wait(TIMEOUT_S) == 1
        assert "it was lost or is an old copy" in told
        assert "Traceback" not in told
