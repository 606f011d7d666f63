"""The README's example with kcat: a client that is not ours, in C, with other defaults."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.commands import environment
from local_kafka import LocalKafka, what_is_missing
from operated import Operated, eventually

from sinks.connection import ClickHouse
from streams.kafka import topics
from streams.settings import Settings

README = (Path(__file__).parents[2] / "README.md").read_text()
[WRITE, READ] = [
    block for block in re.findall(r"^```shell\n(.*?)^```$", README, re.M | re.S) if "kcat" in block
]


@pytest.fixture
def broker() -> Iterator[LocalKafka]:
    """A broker of its own: the example names offsets."""
    if missing := what_is_missing():
        pytest.skip(f"Apache Kafka needs {missing}, which is not on this machine")
    if shutil.which("kcat") is None:
        pytest.skip("kcat is not on this machine")
    with LocalKafka() as kafka:
        yield kafka


def run(script: str, broker: LocalKafka, operated: Operated) -> str:
    """stdout of a block of the README, with `python` of this environment and the test's broker."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script.replace("127.0.0.1:9092", broker.address)],
        cwd=operated.folder,
        env=environment(operated.environ) | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_event_and_what_is_none(
    broker: LocalKafka, fresh_database: ClickHouse, tmp_path: Path
) -> None:
    settings = Settings(broker=f"kafka://{broker.address}", data_dir=tmp_path)
    topics.create(settings, replication=1)
    operated = Operated(settings, fresh_database, tmp_path)
    with operated.worker() as worker, fresh_database.client() as client:
        run(WRITE, broker, operated)
        eventually(lambda: run(READ, broker, operated) != "", worker)
        [letter] = run(READ, broker, operated).splitlines()
        assert re.fullmatch(
            r"u9, not an event: topic=note-views,partition=\d,offset=1,timestamp=\d+,reason=not_wire_format,detail=.+",
            letter,
        )
        touches = (
            "SELECT user_id, note_id, toUnixTimestamp64Milli(occurred_at) FROM current_touches"
        )
        eventually(lambda: client.execute(touches) == [("u9", "n1", 1_750_000_000_000)], worker)
    # The keys lie where other clients put them.
    assert topics.check(settings) == 0
