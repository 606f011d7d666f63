"""A Docker engine: the one that answers, else one of our own while it is needed.

with docker_engine() as engine:
    engine.docker("info")

Our own keeps its images in ~/.cache/zhongcao/docker from one use to the next.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FOLDER = Path.home() / ".cache/zhongcao/docker"
START_S = 60
STOP_S = 60
#: No single command takes longer: the longest ones pull or build an image.
COMMAND_S = 900


class NoEngine(Exception):
    """Docker cannot run here; the text says why."""


class Engine:
    """An engine that answers. environ: the environment in which `docker` and its libraries reach it."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.environ = environ

    def docker(
        self, *args: str, check: bool = True, **options: Any
    ) -> subprocess.CompletedProcess[Any]:
        """Run `docker …`."""
        return subprocess.run(
            ["docker", *args], env=self.environ, check=check, timeout=COMMAND_S, **options
        )

    def has(self, image: str) -> bool:
        """Is an image there?"""
        asked = self.docker("image", "inspect", image, check=False, capture_output=True)
        return asked.returncode == 0

    def pull(self, image: str) -> bool:
        """Pull an image; False if that fails, with the reason on stderr."""
        return self.docker("pull", "--quiet", image, check=False).returncode == 0

    def build(self, image: str, context: Path, *options: str, **args: str) -> None:
        """Build an image from a folder. args: the ARGs of its Dockerfile."""
        given = [f"--build-arg={name}={value}" for name, value in args.items()]
        self.docker("build", f"--tag={image}", *options, *given, str(context))


@contextmanager
def docker_engine() -> Iterator[Engine]:
    """The engine that answers, or one of our own while inside.

    Raises: NoEngine.
    """
    if shutil.which("docker") is None:
        raise NoEngine("there is no docker command on this machine")
    ours = dict(os.environ) | {"DOCKER_HOST": f"unix://{FOLDER}/docker.sock"}
    for environ in (dict(os.environ), ours):
        if _answers(environ):
            yield Engine(environ)
            return
    process = _start(ours)
    try:
        yield Engine(ours)
    finally:
        _stop(process)


def _start(environ: dict[str, str]) -> subprocess.Popen[bytes]:
    if missing := [name for name in ("dockerd", "iptables") if shutil.which(name) is None]:
        raise NoEngine(f"no Docker engine answers, and there is no {missing[0]} to start one with")
    if os.geteuid() != 0:
        raise NoEngine("no Docker engine answers, and only root can start one")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "dockerd.log").open("wb") as log:
        process = subprocess.Popen(
            [
                *("dockerd", "--host", environ["DOCKER_HOST"]),
                *("--data-root", f"{FOLDER}/data", "--exec-root", f"{FOLDER}/run"),
                *("--pidfile", f"{FOLDER}/dockerd.pid"),
            ],
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for us, who still need it to clean up
        )
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        if _answers(environ):
            return process
        time.sleep(0.2)
    _stop(process)
    told = (FOLDER / "dockerd.log").read_text(errors="replace").strip().splitlines()
    raise NoEngine(f"dockerd does not run here: {told[-1] if told else 'it says nothing'}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _answers(environ: dict[str, str]) -> bool:
    asked = subprocess.run(["docker", "info"], env=environ, capture_output=True, timeout=START_S)
    return asked.returncode == 0
