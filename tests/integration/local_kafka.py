"""Apache Kafka on this machine without Docker: its own jars, one node in KRaft mode, on loopback.

    python tests/integration/local_kafka.py 9092

runs it until interrupted. It needs Java 17 and Maven, and keeps its jars in ~/.cache/zhongcao/kafka.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from base64 import urlsafe_b64encode
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

POM = Path(__file__).with_name("pom.xml")
JARS = Path.home() / ".cache/zhongcao/kafka"
START_S = 60

PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={folder}/data
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
"""


def what_is_missing() -> str | None:
    """The program that this machine lacks to run Kafka, None if it lacks none."""
    return next((name for name in ("java", "mvn") if shutil.which(name) is None), None)


def jars() -> Path:
    """The folder with the broker's jars, fetched when they are not there yet."""
    complete = JARS / f".{POM.stat().st_size}"
    if not complete.exists():
        JARS.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [
                *("mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies"),
                *("-DincludeScope=runtime", f"-DoutputDirectory={JARS}"),
            ],
            check=True,
            timeout=600,
        )
        complete.touch()
    return JARS


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class LocalKafka:
    """A broker while inside. address: host:port."""

    def __init__(self, port: int | None = None) -> None:
        self.port = port or free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._folder = Path(tempfile.mkdtemp(prefix="kafka-"))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        properties = self._folder / "server.properties"
        properties.write_text(
            PROPERTIES.format(port=self.port, controller=free_port(), folder=self._folder)
        )
        cluster = urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")
        self._java("kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(properties)).wait()
        self._process = self._java("kafka.Kafka", str(properties))
        self._wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _java(self, *args: str) -> subprocess.Popen[bytes]:
        with (self._folder / "kafka.log").open("ab") as log:
            return subprocess.Popen(
                ["java", "-Xmx512m", "-cp", f"{jars()}{os.sep}*", *args], stdout=log, stderr=log
            )

    def _wait(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.2)
        log = (self._folder / "kafka.log").read_text(errors="replace")[-2000:]
        self.__exit__(None, None, None)
        raise RuntimeError(f"Kafka did not start on {self.address}:\n{log}")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with LocalKafka(int(sys.argv[1]) if len(sys.argv) > 1 else None) as kafka:
        print(f"Kafka listens on {kafka.address}; press Ctrl-C to stop.", flush=True)
        signal.pause()
