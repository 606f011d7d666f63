"""Whether what is installed is what a worker was written for: it relies on the insides of some libraries."""

from importlib.metadata import PackageNotFoundError, requires, version

from faust.streams import _CStreamIterator
from packaging.requirements import Requirement

from schemas.errors import InstallationError

#: Those whose insides are used; the package's metadata bounds their versions.
RELIED_ON = ("aiokafka", "clickhouse-driver", "faust-streaming", "kafka-python", "mode-streaming")


def check() -> None:
    """Raises InstallationError if a library is of another version than the package names, or Faust is not whole."""
    if _CStreamIterator is None:
        # What Faust has instead acknowledges what was not processed.
        raise InstallationError(
            "Faust's compiled part is not here, and without it events could be lost: unset NO_CYTHON if it is set, or "
            "install a faust-streaming that is built for this machine and Python."
        )
    wrong = [
        f"{name} is {found or 'missing'}, not {wanted.specifier}"
        for name, wanted in wanted_versions().items()
        if (found := _version(name)) is None
        or not wanted.specifier.contains(found, prereleases=True)
    ]
    if wrong:
        raise InstallationError(
            f"{'; '.join(wrong)}: what zhongcao relies on inside of it may have moved, and events could be lost. "
            "Install zhongcao anew, best into an environment of its own."
        )


def wanted_versions() -> dict[str, Requirement]:
    """What the package's metadata says of the libraries that are relied on."""
    found = {wanted.name: wanted for wanted in map(Requirement, requires("zhongcao") or ())}
    return {name: found[name] for name in RELIED_ON}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
