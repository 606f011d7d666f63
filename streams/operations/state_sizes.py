"""How much disk the state takes."""

import asyncio
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from mode import Service

from streams.partitions import Partitions

EVERY_S = 30.0
POLL_S = 1.0


class StateSizes(Service):
    """Adds up the files of each open state, every half minute and in a thread: there can be many.

    bytes: partition number → size when it was last looked up.
    """

    mundane_level = "debug"

    def __init__(self, partitions: Partitions, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bytes: dict[int, int] = {}
        self._partitions = partitions

    @Service.task
    async def _look_regularly(self) -> None:
        looked_at = -EVERY_S
        while not self.should_stop:
            due = time.monotonic() - looked_at >= EVERY_S
            if due or self._partitions.opened.keys() != self.bytes.keys():
                looked_at = time.monotonic()
                await self.look()
            await self.sleep(POLL_S)

    async def look(self) -> None:
        """Look up the sizes."""
        folders = {partition: state.folder for partition, state in self._partitions.opened.items()}
        self.bytes = await asyncio.to_thread(_sizes, folders)


def _sizes(folders: Mapping[int, Path]) -> dict[int, int]:
    return {partition: _size(folder) for partition, folder in folders.items()}


def _size(folder: Path) -> int:
    """Of the files in a folder; RocksDB deletes some while we look, and a partition may go."""
    size = 0
    with suppress(FileNotFoundError):
        for name in os.listdir(folder):
            with suppress(FileNotFoundError):
                size += (folder / name).stat().st_size
    return size
