"""The workers of a scenario, and who starts them again when they end: as an orchestrator does."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cli.commands import environment

from faults.worker import AT_POINT, CLOCK, WITHOUT

TESTS = Path(__file__).parents[1]
STOP_S = 120
#: How long workers have to end before they are killed, when all must be gone.
HOLD_S = 30


@dataclass(slots=True)
class Member:
    """One worker, through all its lives.

    at_points: "act:point:n" of its lives to come; later ones end only when they are made to.
    armed: its present life has a point. instance_id: of all its lives.
    """

    name: str
    data_dir: Path
    at_points: list[str] = field(default_factory=list)
    clock: str = ""
    instance_id: str = ""
    process: subprocess.Popen[bytes] | None = None
    wanted: bool = True
    armed: bool = False


class Crew:
    """Workers of one group.

    without: the guard that all of them lack. deaths: how they ended → how often.
    """

    def __init__(self, config: Path, folder: Path, without: str = "") -> None:
        self.folder = folder
        self.members: dict[str, Member] = {}
        self.deaths: Counter[str] = Counter()
        self._holds = 0
        self._config = config
        self._without = without

    def add(self, member: Member) -> None:
        self.members[member.name] = member

    def supervise(self) -> None:
        """Start what is wanted and does not run."""
        for member in self.members.values():
            if member.process is not None and member.process.poll() is not None:
                self._note_death(member, member.process.returncode)
                member.process = None
            if member.wanted and member.process is None and not self._holds:
                self._start(member)

    def kill(self, name: str) -> None:
        """SIGKILL. Whoever supervises starts it again."""
        for process in self._process(name):
            process.kill()
            process.wait()

    def pause(self, name: str) -> None:
        for process in self._process(name):
            process.send_signal(signal.SIGSTOP)

    def resume(self, name: str) -> None:
        for process in self._process(name):
            process.send_signal(signal.SIGCONT)

    def restart(self, name: str) -> None:
        """SIGTERM. Whoever supervises starts it again."""
        for process in self._process(name):
            process.terminate()

    def hold(self) -> None:
        """End all, and start nobody until they are released, as often as they are held."""
        self._holds += 1
        for name in list(self.members):
            self.resume(name)
            self.restart(name)
        for name in list(self.members):
            for process in self._process(name):
                try:
                    process.wait(HOLD_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def release(self) -> None:
        self._holds -= 1

    def dismiss(self, name: str) -> None:
        """SIGTERM, and no new life."""
        self.members[name].wanted = False
        for process in self._process(name):
            process.terminate()

    def settle(self) -> None:
        """From now on nobody dies or hangs at a point."""
        for member in self.members.values():
            member.at_points.clear()
            self.resume(member.name)

    def stop(self) -> list[str]:
        """End all in good order; who did not. Whose point comes only now may die there."""
        names = list(self.members)
        for name in names:
            self.dismiss(name)
        return [name for name in names if not self._ended_well(name)]

    def destroy(self) -> None:
        for member in self.members.values():
            if member.process is not None:
                member.process.kill()
                member.process.wait()

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def _ended_well(self, name: str) -> bool:
        for process in self._process(name):
            try:
                code = process.wait(STOP_S)
                return (
                    code == 0
                    or (code == -signal.SIGKILL and self.members[name].armed)
                    or (code == -signal.SIGTERM and not self._has_started(name))
                )
            except subprocess.TimeoutExpired:
                return False
        return True

    def _has_started(self, name: str) -> bool:
        """Did its present life come so far that it hears signals?"""
        return "worker started" in self.log(name).rpartition("--- {")[2]

    def _process(self, name: str) -> Iterator[subprocess.Popen[bytes]]:
        process = self.members[name].process
        if process is not None:
            yield process

    def _start(self, member: Member) -> None:
        at_point = member.at_points.pop(0) if member.at_points else ""
        member.armed = bool(at_point)
        given = {AT_POINT: at_point, CLOCK: member.clock, WITHOUT: self._without}
        with (self.folder / f"{member.name}.log").open("ab") as log:
            log.write(f"--- {given}\n".encode())
            member.process = subprocess.Popen(
                [sys.executable, "-m", "faults.worker", "worker", "--config", str(self._config)],
                env=environment(
                    {
                        "ZHONGCAO_DATA_DIR": str(member.data_dir),
                        "ZHONGCAO_INSTANCE_ID": member.instance_id,
                        "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS / 'integration'}",
                        **given,
                    }
                ),
                stdout=log,
                stderr=log,
            )

    def _note_death(self, member: Member, code: int) -> None:
        if code == -signal.SIGKILL:
            self.deaths["killed"] += 1
        elif code == 0:
            self.deaths["left in good order"] += 1
        elif code == -signal.SIGTERM:
            self.deaths["was told to leave before it had started"] += 1
        else:
            last = [line for line in self.log(member.name).splitlines() if "error: " in line][-1:]
            said = last[0].partition("error: ")[2] if last else "no sentence"
            self.deaths[f"exit {code}: {said[:100]}"] += 1
