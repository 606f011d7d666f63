"""Writes what the code of a commit makes of the history: a state, and where it has a changelog, that.

    git worktree add /tmp/former COMMIT
    cd /tmp/former
    PYTHONPATH=.:tests:tests/streams python …/tests/streams/former/make.py …/tests/streams/former/NAME

It runs with the code of that commit, so it keeps to what all of them have.
"""

import asyncio
import sys
from base64 import b64encode
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from shutil import copytree, rmtree
from tempfile import TemporaryDirectory
from typing import Any

from history import EVENTS, FORGOTTEN
from oracle.messages import CODEC, Logs, encoded

from streams.settings import Settings
from streams.state import PartitionState

#: RocksDB's notes about itself, which no store needs to be opened.
NOT_NEEDED = ("LOG*", "LOCK", "IDENTITY", "OPTIONS*")
LOGS = Logs(map(encoded, EVENTS), partitions=1)


def main(target: Path) -> None:
    with TemporaryDirectory() as folder:
        log = worked(Path(folder))
        forgotten(Path(folder) / "state/0000")
        for unneeded in NOT_NEEDED:
            for path in (Path(folder) / "state/0000").glob(unneeded):
                path.unlink()
        rmtree(target, ignore_errors=True)
        copytree(Path(folder) / "state/0000", target / "state")
    if log is not None:
        records = [b64encode(record).decode() for record in log.records[0]]
        (target / "changelog.base64").write_text("\n".join(records) + "\n")


def worked(folder: Path) -> Any:
    """Have the history processed in a folder; the changelog, None where there was none yet."""
    if find_spec("oracle.list_log") is None:
        state = PartitionState(folder / "state/0000")
        before_changelogs(state)
        state.close()
        return None
    log = import_module("oracle.list_log").ListLog()
    disk = import_module("disk" if find_spec("disk") else "test_recovery").Disk(folder, log)
    asyncio.run(disk.work(LOGS, {}))
    return log


def before_changelogs(state: PartitionState) -> None:
    """The same with the pipeline as it was at first."""
    from streams.pipeline import Pipeline

    pipeline: Any = Pipeline(Settings(), CODEC, state)
    for topic in LOGS.topics(0):
        for offset in range(LOGS.length(topic, 0)):
            pipeline.process(LOGS.batch(topic, 0, offset, 1), LOGS.ranges(0))


def forgotten(folder: Path) -> None:
    """Forget a user, where that was known."""
    with suppress(ImportError):
        from streams.erasure.requests import Request

        state = PartitionState(folder, in_changelog=True) if later() else PartitionState(folder)
        state.forget([Request.of(FORGOTTEN)])
        state.close()


def later() -> bool:
    """Is there a parameter that says whether there is a changelog?"""
    return "in_changelog" in PartitionState.__init__.__annotations__


if __name__ == "__main__":
    main(Path(sys.argv[1]))
