"""What keeps a folder from being written is told in a sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.errors import StateError


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Raises: StateError, where inside OSError is raised."""
    try:
        yield
    except OSError as error:
        raise StateError(
            f"The folder {folder} cannot be written ({error.strerror or error}): "
            "free space or correct its permissions, and give the same command again."
        ) from error
