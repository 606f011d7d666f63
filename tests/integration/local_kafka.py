"""Apache Kafka on this machine without Docker: its own jars, one node in KRaft mode, on loopback.

    python tests/integration/local_kafka.py 9092

runs it until interrupted. It needs Java 17 and Maven, and keeps its jars in ~/.cache/zhongcao/kafka.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

POM = Path(__file__).with_name("pom.xml")
JARS = Path.home() / ".cache/zhongcao/kafka"
START_S = 120
#: Below those that the kernel gives to whoever asks for any, or connects: between the choice and its use lies a start.
PORTS = range(10_000, 32_000)

#: Messages of tests are years old: only what a test has Kafka forget is gone.
PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners={listeners},CONTROLLER://127.0.0.1:{controller}
advertised.listeners={listeners}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
log.dirs={folder}/data
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
auto.create.topics.enable=false
log.initial.task.delay.ms=86400000
log.retention.check.interval.ms=86400000
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
    """A port that nobody listens on."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """So many of them, all different."""
    with ExitStack() as stack:
        found: list[int] = []
        while len(found) < count:
            port = secrets.choice(PORTS)
            probe = stack.enter_context(socket.socket())
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                found.append(port)
        return found


@dataclass(frozen=True)
class Security:
    """What a broker offers beside its open listener.

    protocols: SSL, SASL_PLAINTEXT, SASL_SSL; each gets a listener of its own.
    properties: how these listeners are configured, in server.properties.
    scram: arguments of --add-scram.
    """

    protocols: Sequence[str] = ()
    properties: str = ""
    scram: Sequence[str] = ()


class LocalKafka:
    """A broker while inside. address: host:port without security; addresses: of each protocol."""

    def __init__(self, port: int | None = None, security: Security = Security()) -> None:
        free, self._controller, *others = free_ports(2 + len(security.protocols))
        self.port = port or free
        self.address = f"127.0.0.1:{self.port}"
        self.addresses = {"PLAINTEXT": self.address} | {
            protocol: f"127.0.0.1:{other}"
            for protocol, other in zip(security.protocols, others, strict=True)
        }
        self._security = security
        self._folder = Path(tempfile.mkdtemp(prefix="kafka-"))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        properties = self._folder / "server.properties"
        listeners = ",".join(f"{name}://{address}" for name, address in self.addresses.items())
        properties.write_text(
            PROPERTIES.format(listeners=listeners, controller=self._controller, folder=self._folder)
            + self._security.properties
        )
        cluster = urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")
        scram = [part for user in self._security.scram for part in ("--add-scram", user)]
        self._java(
            *(
                "kafka.tools.StorageTool",
                "format",
                f"--cluster-id={cluster}",
                "-c",
                str(properties),
            ),
            *scram,
        ).wait()
        self.start()
        return self

    def start(self) -> None:
        """Run the broker, for the first time or again with what it has on disk."""
        self._process = self._java("kafka.Kafka", str(self._folder / "server.properties"))
        self._wait()

    @property
    def runs(self) -> bool:
        """Whether the process of the broker is there."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """End it as a crash of its process does."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

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
