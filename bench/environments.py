"""Virtual environments for programs whose packages are not the project's own."""

import hashlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

RIVALS: Final = Path(__file__).parent / "rivals"
VENVS: Final = Path.home() / ".cache/zhongcao/rivals"


class CannotRun(Exception):
    """A program cannot be run on this machine; the text says why."""


@dataclass(frozen=True, slots=True)
class Environment:
    """python: its interpreter. jars: a folder of those that it needs."""

    python: Path
    jars: Path


def environment(name: str) -> Environment:
    """What bench/rivals/requirements/NAME.txt lists, made when that has changed. Raises: CannotRun."""
    requirements = RIVALS / "requirements" / f"{name}.txt"
    version = hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]
    venv = VENVS / f"{name}-{version}"
    made, ready = Environment(venv / "bin/python", venv / "jars"), venv / ".ready"
    if not ready.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=True)
        install = [str(made.python), "-m", "pip", "install", "-q", "-r", str(requirements)]
        if subprocess.run(install).returncode:
            raise CannotRun(f"the packages of {requirements.name} cannot be installed here")
        _fetch_jars(requirements, made.jars)
        ready.touch()
    return made


def _fetch_jars(requirements: Path, folder: Path) -> None:
    """Lines of the requirements that name jars of Maven Central, as comments: # org/…/name-version.jar."""
    for line in requirements.read_text().splitlines():
        if line.startswith("# ") and line.endswith(".jar"):
            *group, artifact, version, _ = line.removeprefix("# ").split("/")
            command = [
                *("mvn", "-q", "-B", "dependency:copy", "-Dtransitive=false"),
                f"-Dartifact={'.'.join(group)}:{artifact}:{version}",
                f"-DoutputDirectory={folder}",
            ]
            if subprocess.run(command).returncode:
                raise CannotRun(f"{artifact} {version} cannot be fetched from Maven Central")
