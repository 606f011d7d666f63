"""The commands as an operator runs them, against a real broker and the embedded ClickHouse server."""

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest
from cli.commands import EXECUTABLE, Zhongcao, environment
from local_kafka import LocalKafka

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


def serve_from(config: Path, folder: Path) -> None:
    """Point the settings at the ClickHouse server of a folder."""
    lock = json.loads(next(folder.glob("*.lock")).read_text())
    with config.open("a") as file:
        file.write(f"clickhouse_port = {lock['native_port']}\n")
        file.write(f"clickhouse_http_port = {lock['http_port']}\n")


def worker(config: Path, data_dir: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [EXECUTABLE, "worker", "--config", str(config)],
        cwd=config.parent,
        env=environment({"ZHONGCAO_DATA_DIR": data_dir}),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )


def stopped(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    assert process.wait(TIMEOUT_S) == 0


def test_publish_work_stop_and_go_on_without_the_disk(config: Path, tmp_path: Path) -> None:
    zhongcao = Zhongcao(tmp_path)
    zhongcao.ok("generate", "--events", "2000", "--late-share", "0", "--output", "events.jsonl")
    replay = ("replay", "events.jsonl", "--format", "jsonl", "--config", str(config))

    def count(of: str) -> int:
        query = ("sql", "--config", str(config), "--format", "TSV", f"SELECT count() FROM {of}")
        return int(zhongcao.ok(*query))

    def wait_for(of: str, more_than: int) -> None:
        deadline = time.monotonic() + TIMEOUT_S
        while count(of) <= more_than:
            assert time.monotonic() < deadline
            time.sleep(0.5)

    with zhongcao.serving("ch", "--port", "0", "--http-port", "0"):
        serve_from(config, tmp_path / "ch")
        zhongcao.ok(*replay)
        with worker(config, "state") as process:
            wait_for("current_order_events", 0)
            stopped(process)
        facts, deliveries = count("current_order_events"), count("touches")

        zhongcao.ok(*replay)
        with worker(config, "elsewhere") as process:
            wait_for("touches", deliveries)
            stopped(process)
        assert count("current_order_events") == facts
