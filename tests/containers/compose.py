"""docker compose in a copy of what a user has."""

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from engine import Engine
from local_kafka import free_ports

ROOT = Path(__file__).parents[2]
FILES = (
    *("Dockerfile", ".dockerignore", "docker-compose.yml", ".env.example"),
    *("pyproject.toml", "requirements-run.lock", "README.md", "LICENSE"),
)
FOLDERS = (
    "attribution",
    "dashboards",
    "rebuild",
    "report",
    "schemas",
    "sinks",
    "sources",
    "streams",
    "verify",
)
PORTS = (
    "KAFKA_PORT",
    "REGISTRY_PORT",
    "CLICKHOUSE_PORT",
    "CLICKHOUSE_HTTP_PORT",
    "FIRST_WEB_PORT",
    "SECOND_WEB_PORT",
)
TIMEOUT_S = 900
#: env files, as docs/containers.md has it: COMPOSE_ENV_FILES came with 2.24.
MINIMUM = (2, 24)

NUMBER = "com.docker.compose.container-number"

T = TypeVar("T")


def what_compose_lacks(engine: Engine) -> str | None:
    """Why docker compose cannot be used, None if it can."""
    asked = engine.docker(
        "compose", "version", "--short", check=False, capture_output=True, text=True
    )
    found = asked.stdout.strip().removeprefix("v")
    if asked.returncode or tuple(map(int, found.split(".")[:2])) < MINIMUM:
        return f"docker compose 2.24 or newer is not on this machine (found: {found or 'none'})"
    return None


def copy_sources(folder: Path) -> None:
    """What the image and the services are made of."""
    for name in FILES:
        shutil.copy(ROOT / name, folder)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))


class Stack:
    """A compose project with a name and ports of its own."""

    def __init__(self, engine: Engine, images: Mapping[str, str], folder: Path) -> None:
        self.folder = folder
        copy_sources(folder)
        self.environ = engine.environ | {
            "COMPOSE_PROJECT_NAME": f"zhongcao-{uuid4().hex[:8]}",
            **dict(zip(PORTS, map(str, free_ports(len(PORTS))), strict=True)),
            **images,
        }

    def shell(self, script: str) -> str:
        """stdout of a script, which must succeed."""
        return self._run(["bash", "-euo", "pipefail", "-c", script])

    def compose(self, *args: str, stdin: str | None = None) -> str:
        """stdout of `docker compose …`, which must succeed."""
        return self._run(["docker", "compose", *args], stdin)

    def sql(self, query: str) -> str:
        """A query by the documented command, as tab-separated values."""
        return self.compose("exec", "-T", "worker-1", "zhongcao", "sql", query).strip()

    def publish(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Publish events by the documented command."""
        lines = "".join(f"{json.dumps(event)}\n" for event in events)
        self.compose(
            "run", "--rm", "-T", "worker-1", "replay", "-", "--format", "jsonl", stdin=lines
        )

    def docker(self, *args: str) -> str:
        """stdout of `docker …`, which must succeed."""
        return self._run(["docker", *args])

    def containers(self, service: str) -> list[dict[str, Any]]:
        """`docker inspect` of a service's containers that run, by number."""
        ids = self.compose("ps", "--quiet", service).split()
        found: list[dict[str, Any]] = json.loads(self.docker("inspect", *ids)) if ids else []
        return sorted(found, key=lambda container: int(container["Config"]["Labels"][NUMBER]))

    def remove(self) -> None:
        """Remove its containers, networks and volumes."""
        self.compose("--profile", "*", "down", "--volumes", "--remove-orphans")

    def _run(self, command: list[str], stdin: str | None = None) -> str:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environ,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}\n{self._logs()}"
        return done.stdout

    def _logs(self) -> str:
        logs = ["docker", "compose", "logs", "--tail", "30"]
        return subprocess.run(
            logs, cwd=self.folder, env=self.environ, capture_output=True, text=True, timeout=60
        ).stdout


def eventually(look: Callable[[], T], wanted: T, seconds: float = 120) -> None:
    """Look until it is as wanted; fails with what was seen last."""
    deadline = time.monotonic() + seconds
    while (seen := look()) != wanted and time.monotonic() < deadline:
        time.sleep(1)
    assert seen == wanted, f"{seen!r} after {seconds} s, not {wanted!r}"
