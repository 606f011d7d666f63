"""The folder that --embedded names: what it may hold, and what may be done with it."""

from pathlib import Path

from schemas.errors import SettingsError
from sinks.embedded import has_been_served

#: Tells a folder that a demo made, and the next one may empty, from any other.
DEMO_MARKER = ".zhongcao-demo"


def check_data(folder: Path) -> None:
    """Refuse to make an empty database only to find nothing in it."""
    check_there(folder)
    if not has_been_served(folder):
        raise SettingsError(
            f"The folder {folder} holds no data of zhongcao: {_how_to_make(folder)}"
        )


def check_there(folder: Path) -> None:
    """Refuse a path where there is no folder."""
    if not folder.exists():
        raise SettingsError(f"There is no folder {folder}: {_how_to_make(folder)}")
    _check_folder(folder)


def check_usable(folder: Path) -> None:
    """Refuse to put data among what belongs to somebody else."""
    if not folder.exists():
        return
    _check_folder(folder)
    if any(folder.iterdir()) and not has_been_served(folder):
        raise SettingsError(
            f"The folder {folder} holds files, and no data of zhongcao: "
            "name one that is new or empty, or check the path."
        )


def make(folder: Path) -> None:
    """Make the folder of an embedded run, for its owner alone, unless it is there."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise _no_folder(folder) from None
    except OSError as error:
        raise SettingsError(
            f"The folder {folder} cannot be made ({error.strerror}): name another one, or correct its permissions."
        ) from error


def keep_from_demos(folder: Path) -> None:
    """Other events than a demo's come into this folder: no demo may empty it any more."""
    (folder / DEMO_MARKER).unlink(missing_ok=True)


def _how_to_make(folder: Path) -> str:
    return f"make it with `zhongcao replay FILE --format jsonl --embedded {folder}`, or check the path."


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise _no_folder(folder)


def _no_folder(folder: Path) -> SettingsError:
    return SettingsError(
        f"{folder} is no folder: name one that is new, or that holds data of zhongcao."
    )
