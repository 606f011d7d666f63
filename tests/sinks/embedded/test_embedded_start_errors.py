"""What is in the way of a start, in one sentence each."""

import errno
import os
import socket
from pathlib import Path

import pytest
from embedded_clients import Run

from schemas.errors import EmbeddedServerError
from sinks.embedded import EmbeddedServer, running_server

FAILING = """
try:
    EmbeddedServer(folder, {options}).start()
except EmbeddedServerError as error:
    print(error)
with EmbeddedServer(folder, account=Account()) as server:
    print("free again")
"""


@pytest.mark.parametrize("which", ["native", "HTTP"])
def test_a_port_that_is_taken(run_python: Run, which: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        lines = run_python(FAILING.format(options=f"{which.lower()}_port={port}")).splitlines()
    assert lines[0].startswith(f"the {which} port {port} on 127.0.0.1 cannot be opened")
    assert lines[1] == "free again"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.com"])
def test_only_loopback_is_served(tmp_path: Path, host: str) -> None:
    with pytest.raises(EmbeddedServerError, match="listens on loopback only"):
        EmbeddedServer(tmp_path, host=host)


def test_the_folder_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for folder in (file, file / "below"):
        with pytest.raises(EmbeddedServerError, match="is a file, not a folder"):
            EmbeddedServer(folder).start()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_the_folder_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(EmbeddedServerError, match="cannot write to"):
        EmbeddedServer(tmp_path).start()


def test_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("sinks.embedded.folder_lock.os.pwrite", full)
    with pytest.raises(EmbeddedServerError, match="No space left on device"):
        EmbeddedServer(tmp_path).start()
    assert running_server(tmp_path) is None


def test_the_extra_is_missing(run_python: Run) -> None:
    code = """
import sys
sys.modules["chdb"] = None
try:
    EmbeddedServer(folder).start()
except EmbeddedServerError as error:
    print(error)
"""
    assert "pip install 'zhongcao[embedded]'" in run_python(code)


def test_nobody_serves_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert running_server(tmp_path / "none") is None
    assert not (tmp_path / "none").exists()
