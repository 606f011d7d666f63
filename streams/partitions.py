"""The partition numbers of a worker: each with its state and its pipeline."""

import json
import logging
import shutil
import time
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path

from rocksdict import Rdict

from schemas.codec import Codec
from schemas.errors import StateError
from schemas.whole_files import write_whole
from streams.erasure.requests import Request
from streams.pipeline import Pipeline
from streams.settings import Settings
from streams.standing import BEGIN_ANEW, REBUILD
from streams.state import Memory, PartitionState
from streams.wall_clock import WallClock

logger = logging.getLogger(__name__)


class Partitions:
    """Opens the state of a partition number when it is first needed, and closes it when the number is revoked.

    clock: decides what lies in the future.
    Raises: StateError, if the folder was made for another number of partitions or cannot be used.
    """

    def __init__(self, settings: Settings, codec: Codec, clock: WallClock | None = None) -> None:
        self.clock = clock or WallClock()
        self._settings = settings
        self._codec = codec
        self._folder = settings.data_dir / "state"
        self._memory = Memory(settings.state_bytes, settings.partitions)
        self._states: dict[int, PartitionState] = {}
        self._pipelines: dict[int, Pipeline] = {}
        _check_layout(self._folder, settings)

    @property
    def opened(self) -> dict[int, PartitionState]:
        """The states that are open at this moment; any thread may ask."""
        return dict(self._states)

    def state(self, partition: int) -> PartitionState:
        """The state of a partition number."""
        if partition not in self._states:
            folder = self._state_folder(partition)
            self._states[partition] = PartitionState(
                folder, self._settings.epoch, self._memory, in_changelog=self._settings.on_kafka
            )
        return self._states[partition]

    def emptied(self, partition: int) -> PartitionState:
        """The state of a partition number, after everything in it is deleted."""
        self._states.pop(partition).close()
        shutil.rmtree(self._state_folder(partition))
        return self.state(partition)

    def forget(self, partition: int, requests: Sequence[Request]) -> None:
        """Delete users from the state of a partition number, and leave out what comes of them later."""
        self.state(partition).forget(requests)
        logger.info("users forgotten", extra={"partition": partition, "users": len(requests)})

    def pipeline(self, partition: int) -> Pipeline:
        """The pipeline of a partition number, on its state as it is then."""
        if partition not in self._pipelines:
            self._pipelines[partition] = Pipeline(
                self._settings, self._codec, self.state(partition), self.clock.now_ms
            )
        return self._pipelines[partition]

    def flush(self) -> None:
        """Write what open states have in memory alone. Where RocksDB keeps a log of its own, that is nothing."""
        if self._settings.on_kafka:
            for state in self._states.values():
                state.flush()

    @property
    def waited_at(self) -> float:
        """`time.monotonic()` when the schema registry was last waited for; any thread may ask."""
        return self._codec.waited_at

    def impatient(self) -> AbstractContextManager[None]:
        """While inside, no pipeline waits for the schema registry: a round that would have to is not processed."""
        return self._codec.impatient()

    def stop_waiting(self) -> None:
        """The same for good."""
        self._codec.close()

    def close(self) -> None:
        """Close every state that is open, also if one cannot be closed."""
        self._pipelines.clear()
        self._memory.room.clear()
        with ExitStack() as stack:
            while self._states:
                stack.callback(self._states.popitem()[1].close)

    def remove_unused(self, assigned: Collection[int], unused_s: float) -> list[int]:
        """Delete folders of partition numbers that moved on, once nobody has used them for so long; which they were.

        Only where the changelog has all that is in them. A folder that another worker has open stays.
        """
        removed = []
        for folder in sorted(self._folder.glob("[0-9]*")):
            number = int(folder.name)
            if number in assigned or number in self._states or _unused_s(folder) < unused_s:
                continue
            # It takes RocksDB's lock, or fails.
            with suppress(Exception):
                Rdict.destroy(str(folder))
                removed.append(number)
        if removed:
            logger.info("states removed that moved on", extra={"partitions": removed})
        return removed

    def _state_folder(self, partition: int) -> Path:
        return self._folder / f"{partition:04d}"


def _unused_s(folder: Path) -> float:
    """For how long nothing in a folder has been written, in seconds; RocksDB writes when it opens one.

    0 for one that is gone: workers that share a folder look at the same time.
    """
    times = []
    with suppress(FileNotFoundError):
        for path in (folder, *folder.iterdir()):
            with suppress(FileNotFoundError):
                times.append(path.stat().st_mtime)
    return time.time() - max(times) if times else 0.0


def _check_layout(folder: Path, settings: Settings) -> None:
    """Users lie where the number of partitions puts them: it must not change under a state."""
    file = folder / "layout.json"
    try:
        if not file.exists():
            # It tells who looked at what and bought what.
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Whole or not at all: workers that share the folder may start together.
            write_whole(file, json.dumps({"partitions": settings.partitions}))
        found = json.loads(file.read_text())["partitions"]
    except OSError as error:
        raise StateError(
            f"The folder {folder} cannot be used ({error.strerror}): "
            "check its path, its permissions and the space on its disk."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise StateError(
            f"{file} is damaged, and does not tell for how many partitions the state beside it was made: bring it "
            f'back, or write {{"partitions": N}} into it, with the N of that time.'
        ) from error
    if found != settings.partitions:
        way_on = f"delete the folder, and {REBUILD}: {BEGIN_ANEW}"
        raise StateError(
            f"The state in {folder} was made for {found} partitions, not {settings.partitions}: set partitions to "
            f"{found}, or {way_on if settings.on_kafka else 'replay into an empty folder'}."
        )
