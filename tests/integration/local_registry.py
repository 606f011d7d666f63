"""Apicurio Registry on this machine without Docker: its own jars, on loopback, with Confluent's API.

    python tests/integration/local_registry.py 8081

runs it until interrupted, with an empty registry. It needs Java 17 and Maven, and keeps its jars (117 MB) in
~/.cache/zhongcao/registry.
"""

import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Self

from local_kafka import free_port

POM = Path(__file__).with_name("registry.pom.xml")
CACHE = Path.home() / ".cache/zhongcao/registry"
START_S = 120


def jar() -> Path:
    """The registry's jar, with its libraries beside it, fetched when it is not there yet."""
    folder = CACHE / f"{zlib.crc32(POM.read_bytes()):08x}"
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as fetched:
            unpack = ("mvn", "-q", "-B", "-f", str(POM), "dependency:unpack")
            subprocess.run([*unpack, f"-DoutputDirectory={fetched}/app"], check=True, timeout=600)
            Path(fetched, "app").rename(folder)
    return next(folder.glob("*-runner.jar"))


class LocalRegistry:
    """A registry while inside.

    url: base of Confluent's API.
    """

    def __init__(self, port: int | None = None) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}/apis/ccompat/v7"
        self._folder = Path(tempfile.mkdtemp(prefix="registry-"))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        options = {
            "quarkus.http.host": "127.0.0.1",
            "quarkus.http.port": self.port,
            "apicurio.datasource.url": f"jdbc:h2:file:{self._folder}/registry",
        }
        properties = [f"-D{name}={value}" for name, value in options.items()]
        with (self._folder / "registry.log").open("ab") as log:
            self._process = subprocess.Popen(
                ["java", "-Xmx256m", *properties, "-jar", str(jar())], stdout=log, stderr=log
            )
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self._process.poll() is None:
            if self._ready():
                return
            time.sleep(0.2)
        log_end = (self._folder / "registry.log").read_text(errors="replace")[-2000:]
        self.__exit__(None, None, None)
        raise RuntimeError(f"The registry did not start on port {self.port}:\n{log_end}")

    @contextmanager
    def away(self) -> Iterator[None]:
        """Stopped while inside; afterwards it has what it had before."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def stop(self) -> None:
        """Stop it."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _ready(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with LocalRegistry(int(sys.argv[1]) if len(sys.argv) > 1 else None) as registry:
        print(f"The registry listens at {registry.url}; press Ctrl-C to stop.", flush=True)
        signal.pause()
