"""Each start makes a password, which who may read the folder finds in it."""

from pathlib import Path

import pytest
from embedded_clients import Run

from schemas.errors import EmbeddedServerError
from sinks.embedded.folder_lock import PASSWORD_FILE, FolderLock, running_server


def test_a_server_has_a_new_password_that_others_cannot_read(run_python: Run) -> None:
    code = f"""
from stat import filemode
from clickhouse_driver.errors import ServerException
for _ in range(2):
    with EmbeddedServer(folder) as server:
        running = running_server(folder)
        assert (running.user, running.password) == ("default", server.account.password)
        assert len(running.password) > 20 and running.password not in repr(running)
        print(running.password, filemode((folder / "{PASSWORD_FILE}").stat().st_mode))
        for password in ("", "x" + running.password, running.password):
            with Client("127.0.0.1", port=running.native_port, password=password) as client:
                try:
                    print(client.execute("SELECT 1"))
                except ServerException as error:
                    print(error.code)
    print((folder / "{PASSWORD_FILE}").exists())
"""
    lines = run_python(code).splitlines()
    first, second = (line.split()[0] for line in (lines[0], lines[5]))
    assert first != second
    told = [line.removeprefix(first).removeprefix(second).strip() for line in lines]
    assert told == ["-rw-------", "516", "516", "[(1,)]", "False"] * 2


def test_a_password_does_not_follow_a_link_or_keep_a_mode(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.touch(0o644)
    (tmp_path / PASSWORD_FILE).symlink_to(elsewhere)
    lock = FolderLock(tmp_path)
    lock.keep_password("s3cret")
    try:
        assert elsewhere.read_text() == ""
        assert (tmp_path / PASSWORD_FILE).stat().st_mode & 0o777 == 0o600
    finally:
        lock.release()


def test_a_server_of_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = FolderLock(tmp_path)
    lock.announce(1, 2, "default")

    def refused(_: Path) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refused)
    try:
        with pytest.raises(EmbeddedServerError, match="another user serves"):
            running_server(tmp_path)
    finally:
        lock.release()
