"""What a process costs, with all processes that it starts."""

import mmap
import os
import resource
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_LOOK_S = 0.1
#: More than most that is measured takes.
_TOUCHED_BYTES = 4 << 30


def touch_memory() -> None:
    """Have the machine's free memory ready for what is measured next.

    A virtual machine may give memory that nobody uses back to its host, and then a page costs some 10 µs to get again:
    for a worker with a gigabyte two or three seconds of processor time, or nothing, as it happens.
    """
    size = min(_TOUCHED_BYTES, psutil.virtual_memory().available // 2)
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE
    mmap.mmap(-1, size, flags=flags).close()


@dataclass(frozen=True, slots=True)
class Cost:
    """wall_s, cpu_s: seconds; cpu_s is user and system time. memory_bytes: the most that was resident at once.

    code: how it ended, as `subprocess` has it; None if it was cut short.
    """

    wall_s: float
    cpu_s: float
    memory_bytes: int
    code: int | None


@dataclass(frozen=True, slots=True)
class Command:
    """What is run, with these variables beside those that there are. log: the file that gets its output."""

    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path

    def start(self) -> "Tree":
        """Run it, to be looked at meanwhile and to be stopped by the caller."""
        with self.log.open("wb") as output:
            process = psutil.Popen(
                self.command,
                env={**os.environ, **self.environment},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return Tree(process)


def run(command: Command, limit_s: float, done: Callable[[], bool] = lambda: False) -> Cost:
    """Run a command until it ends by itself; it is told to stop once it is done, or the time is up.

    done: asked again and again while it runs.
    """
    return run_all([command], limit_s, done)


def run_all(
    commands: Sequence[Command], limit_s: float, done: Callable[[], bool] = lambda: False
) -> Cost:
    """Run several at once, until the first of them ends or all are told to stop; what they cost together.

    The code is that of one that did not end well, by itself if there is one.
    """
    before_s, began = _waited_for_s(), time.monotonic()
    trees = [command.start() for command in commands]
    cut_short = False
    try:
        while all(tree.code is None for tree in trees):
            for tree in trees:
                tree.look()
            cut_short = time.monotonic() - began > limit_s
            if cut_short or done():
                break
            time.sleep(_LOOK_S)
        wall_s = time.monotonic() - began
        by_themselves = [tree.code for tree in trees]
    finally:
        for tree in trees:
            tree.ask()  # all at once: one that is left would take over the work of those that went
        for tree in trees:
            tree.wait()
    code = next((code for code in (*by_themselves, *(tree.code for tree in trees)) if code), 0)
    return Cost(
        wall_s,
        # Who ends by itself was not looked at in its last moments, but the kernel knows.
        max(sum(tree.cpu_s for tree in trees), _waited_for_s() - before_s),
        sum(tree.memory_bytes for tree in trees),
        None if cut_short else code,
    )


def _waited_for_s() -> float:
    """Processor time of all processes that this one has waited for, and of theirs, s."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Tree:
    """A process and its descendants, looked at while they run: what one used last counts for it.

    memory_bytes: the most that was resident at once, of all of them, when they were looked at.
    """

    def __init__(self, process: psutil.Popen) -> None:
        self._process = process
        self._cpu_s: dict[int, float] = {}
        self._asked: list[psutil.Process] = []
        self.memory_bytes = 0

    @property
    def cpu_s(self) -> float:
        """User and system time of all of them, as far as they were looked at, s."""
        return sum(self._cpu_s.values())

    @property
    def code(self) -> int | None:
        """How the process ended; None while it runs."""
        code: int | None = self._process.poll()
        return code

    def look(self) -> None:
        """See what they have used so far."""
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

    def ask(self) -> None:
        """Ask the process to end."""
        self._asked = self._members()
        if self._process.is_running():
            self._process.terminate()

    def stop(self) -> None:
        """Ask the process to end, and wait."""
        self.ask()
        self.wait()

    def wait(self) -> None:
        """Wait until the process has ended, as it was asked to, and then end what is left of all of them.

        What they use meanwhile counts.
        """
        deadline = time.monotonic() + 30
        while self.code is None and time.monotonic() < deadline:
            self.look()
            time.sleep(_LOOK_S)
        for process in self._asked:
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
