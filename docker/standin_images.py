"""Stand-ins for the official images, from the packages of Debian, Maven and PyPI: see docs/containers.md."""

import platform
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from engine import FOLDER, Engine
from local_kafka import jars

ROOT = Path(__file__).parents[1]
PREFIX = "zhongcao-standin"
DOWNLOAD_S = 600

#: What the stand-ins need of the machine, and the Debian package that has it.
TOOLS = {"apt-get": "apt", "mmdebstrap": "mmdebstrap", "mvn": "maven"}
BYTECODE = shutil.ignore_patterns("__pycache__")
#: The release of the official Python image, whose Java is new enough for the registry.
DEBIAN = "trixie"


class NoStandins(Exception):
    """They cannot be built here; the text says what to do."""


def build_standins(engine: Engine, missing: Mapping[str, str]) -> dict[str, str]:
    """Build what takes the place of official images; both map the variable of docker-compose.yml to an image.

    Raises: NoStandins.
    """
    absent = [package for tool, package in TOOLS.items() if shutil.which(tool) is None]
    if missing and absent:
        raise NoStandins(
            f"no image registry can be reached, and stand-ins need {' and '.join(absent)}: install that, "
            "or set the variables of docs/containers.md to images that you have"
        )
    return {variable: MAKERS[variable](engine, image) for variable, image in missing.items()}


def _python(engine: Engine, official: str) -> str:
    return _tagged(engine, _debian(engine), official)


def _kafka(engine: Engine, official: str) -> str:
    return _tagged(engine, _built(engine, "kafka", _java(engine), {"jars": jars()}), official)


def _registry(engine: Engine, official: str) -> str:
    application = _apicurio(official.rpartition(":")[2])
    return _tagged(
        engine, _built(engine, "registry", _java(engine), {"apicurio": application}), official
    )


def _clickhouse(engine: Engine, official: str) -> str:
    """Named after what is in it, which is not ClickHouse's server."""
    contents = {name: ROOT / name for name in ("schemas", "sinks")}
    image = _built(engine, "clickhouse", _debian(engine), contents)
    return _tagged(engine, image, f"chdb:{version('chdb')}")


MAKERS = {
    "PYTHON_IMAGE": _python,
    "KAFKA_IMAGE": _kafka,
    "REGISTRY_IMAGE": _registry,
    "CLICKHOUSE_IMAGE": _clickhouse,
}


def _debian(engine: Engine) -> str:
    """Debian with Python and pip, which trusts the certificates that this machine trusts."""
    image = f"{PREFIX}/debian:{DEBIAN}"
    if engine.has(image):
        return image
    bootstrap = [
        *("mmdebstrap", "--quiet", "--variant=minbase", "--include=ca-certificates,python3-pip"),
        *(f"--dpkgopt=path-exclude=/usr/share/{what}/*" for what in ("doc", "locale")),
        "--dpkgopt=force-unsafe-io",
        "--customize-hook=copy-in /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs",
        *(DEBIAN, f"{FOLDER}/{DEBIAN}.tar", _mirror()),
    ]
    subprocess.run(bootstrap, check=True, timeout=DOWNLOAD_S)
    engine.docker("import", f"{FOLDER}/{DEBIAN}.tar", image)
    Path(f"{FOLDER}/{DEBIAN}.tar").unlink()
    return image


def _mirror() -> str:
    """Where this machine gets its own Debian packages from."""
    release = platform.freedesktop_os_release()["VERSION_CODENAME"]
    asked = [
        *("apt-get", "indextargets", "--format", "$(REPO_URI)"),
        *("Created-By: Packages", "Component: main", f"Release: {release}"),
    ]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split()[0]


def _java(engine: Engine) -> str:
    return _built(engine, "java", _debian(engine), {})


def _apicurio(release: str) -> Path:
    """The folder with Apicurio's application, fetched when it is not there yet."""
    folder = FOLDER / f"apicurio-{release}"
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=FOLDER) as fetched:
            artifact = f"io.apicurio:apicurio-registry-app:{release}:tar.gz:all"
            unpack = ("mvn", "-q", "-B", "dependency:unpack", f"-Dartifact={artifact}")
            subprocess.run(
                [*unpack, f"-DoutputDirectory={fetched}/app"], check=True, timeout=DOWNLOAD_S
            )
            Path(fetched, "app").rename(folder)
    return folder


def _built(engine: Engine, name: str, base: str, contents: Mapping[str, Path]) -> str:
    """Build docker/standins/NAME on a base, with files and folders beside its Dockerfile."""
    image = f"{PREFIX}/{name}"
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        context = Path(folder, name)
        shutil.copytree(ROOT / "docker/standins" / name, context)
        for target, source in contents.items():
            if source.is_dir():
                shutil.copytree(source, context / target, ignore=BYTECODE)
            else:
                shutil.copy(source, context / target)
        engine.build(image, context, BASE_IMAGE=base)
    return image


def _tagged(engine: Engine, image: str, official: str) -> str:
    """Give an image the name and tag of the official one, behind our prefix."""
    name = f"{PREFIX}/{official.rpartition('/')[2]}"
    engine.docker("tag", image, name)
    return name
