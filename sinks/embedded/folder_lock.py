"""One server per folder: a lock that the kernel drops with its process, and a note of who holds it."""

import fcntl
import json
import os
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from schemas.errors import EmbeddedServerError

LOCK_FILE = "embedded.lock"
PASSWORD_FILE = "embedded.password"


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A live server: its process, its ports on loopback, and its one account."""

    pid: int
    native_port: int
    http_port: int
    user: str = "default"
    password: str = field(default="", repr=False)


def has_been_served(folder: Path) -> bool:
    """Has a server ever kept its data in this folder?"""
    return (folder / LOCK_FILE).exists()


def running_server(folder: Path) -> RunningServer | None:
    """The live server of a folder, or None. A file left by a dead one does not count.

    Raises EmbeddedServerError when its password is for another user of the machine.
    """
    try:
        descriptor = os.open(folder / LOCK_FILE, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        running = _read(descriptor)
        return running and replace(running, password=_password(folder))
    finally:
        os.close(descriptor)
    return None


class FolderLock:
    """Holds a folder for one server. Raises EmbeddedServerError when another has it or it cannot be written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
        except (FileExistsError, NotADirectoryError) as error:
            raise EmbeddedServerError(
                f"{folder} is a file, not a folder: name a folder for the embedded ClickHouse server's data"
            ) from error
        except OSError as error:
            raise _unusable(folder, error) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = _read(self._descriptor)
            os.close(self._descriptor)
            raise _in_use(folder, holder) from error
        try:
            self._write(b"")
        except EmbeddedServerError:
            os.close(self._descriptor)
            raise

    def keep_password(self, password: str) -> None:
        """Leave the password to who may read the folder's owner's files. Raises EmbeddedServerError."""
        path = self._folder / PASSWORD_FILE
        try:
            path.unlink(missing_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "w") as file:
                file.write(password)
        except OSError as error:
            raise _unusable(self._folder, error) from error

    def announce(self, native_port: int, http_port: int, user: str) -> None:
        """Write down who serves, where, and to whom. Raises EmbeddedServerError."""
        note = {
            "pid": os.getpid(),
            "native_port": native_port,
            "http_port": http_port,
            "user": user,
        }
        self._write(json.dumps(note).encode())

    def release(self) -> None:
        """Let go; the file stays, empty, so that nobody can lock one that is being removed."""
        with suppress(OSError):
            os.ftruncate(self._descriptor, 0)
            (self._folder / PASSWORD_FILE).unlink(missing_ok=True)
        os.close(self._descriptor)

    def _write(self, note: bytes) -> None:
        try:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, note, 0)
            os.fsync(self._descriptor)
        except OSError as error:
            raise _unusable(self._folder, error) from error


def _read(descriptor: int) -> RunningServer | None:
    try:
        return RunningServer(**json.loads(os.pread(descriptor, 4096, 0)))
    except (ValueError, TypeError):  # its holder is still starting
        return None


def _password(folder: Path) -> str:
    path = folder / PASSWORD_FILE
    try:
        return path.read_text()
    except FileNotFoundError:  # it has just stopped
        return ""
    except OSError as error:
        raise EmbeddedServerError(
            f"cannot read {path} ({error.strerror}): another user serves {folder}, and its password is theirs"
        ) from error


def _in_use(folder: Path, holder: RunningServer | None) -> EmbeddedServerError:
    if holder is None:
        return EmbeddedServerError(
            f"{folder} is in use by a server that is starting: try again in a moment"
        )
    return EmbeddedServerError(
        f"{folder} is in use by process {holder.pid}, which serves it on native port {holder.native_port} and "
        f"HTTP port {holder.http_port}: connect there, stop that process, or name another folder"
    )


def _unusable(folder: Path, error: OSError) -> EmbeddedServerError:
    return EmbeddedServerError(
        f"cannot write to {folder} ({error.strerror}): free space, correct its permissions, or name another folder"
    )
