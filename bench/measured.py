"""What a process costs, with all processes that it starts."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_LOOK_S = 0.1


@dataclass(frozen=True, slots=True)
class Cost:
    """wall_s, cpu_s: seconds; cpu_s is user and system time. memory_bytes: the most that was resident at once.

    code: how it ended, as `subprocess` has it; None if it was cut short.
    """

    wall_s: float
    cpu_s: float
    memory_bytes: int
    code: int | None


def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    limit_s: float,
    done: Callable[[], bool] = lambda: False,
) -> Cost:
    """Run a command until it ends by itself; it is told to stop once it is done, or the time is up.

    done: asked again and again while it runs.
    """
    began = time.monotonic()
    with log.open("wb") as output:
        process = psutil.Popen(
            command, env={**os.environ, **environment}, stdout=output, stderr=subprocess.STDOUT
        )
    tree = _Tree(process)
    cut_short = False
    while process.poll() is None:
        tree.look()
        cut_short = time.monotonic() - began > limit_s
        if cut_short or done():
            break
        time.sleep(_LOOK_S)
    wall_s = time.monotonic() - began
    tree.stop()
    return Cost(wall_s, tree.cpu_s, tree.memory_bytes, None if cut_short else process.returncode)


class _Tree:
    """A process and its descendants, looked at while they run: what one used last counts for it."""

    def __init__(self, process: psutil.Popen) -> None:
        self._process = process
        self._cpu_s: dict[int, float] = {}
        self._waited_s = 0.0
        self.memory_bytes = 0

    @property
    def cpu_s(self) -> float:
        """Of all of them."""
        return sum(self._cpu_s.values())

    def look(self) -> None:
        memory = 0
        for process in self._members():
            try:
                with process.oneshot():
                    used = process.cpu_times()
                    memory += process.memory_info().rss
            except psutil.Error:
                continue
            self._cpu_s[process.pid] = used.user + used.system
        self.memory_bytes = max(self.memory_bytes, memory)

    def stop(self) -> None:
        """Ask them to end, and make them if they do not; what they use meanwhile counts."""
        members = self._members()
        if self._process.is_running():
            self._process.terminate()
        deadline = time.monotonic() + 30
        while self._process.poll() is None and time.monotonic() < deadline:
            self.look()
            time.sleep(_LOOK_S)
        for process in members:
            try:
                process.kill()
            except psutil.Error:
                continue
        self._process.wait()

    def _members(self) -> list[psutil.Process]:
        try:
            return [self._process, *self._process.children(recursive=True)]
        except psutil.Error:
            return []
