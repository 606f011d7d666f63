"""A worker whose event loop stands still, or that is ill, ends by itself; one that was only paused does not."""

import signal
import subprocess
import sys
import time

STUCK_AFTER_S = 3
SCRIPT = f"""
import asyncio, ctypes, sys, time
from streams.operations import logs, watchdog

class App:
    should_stop = False
    async def crash(self, error):
        print("crashed:", error, flush=True)
        self.should_stop = True

class Health:
    def ailments(self):
        return ["It is ill."] if sys.argv[1] == "ill" else []

async def main():
    watchdog.EVERY_S, watchdog.LAST_RESORT_S = 0.1, {STUCK_AFTER_S}
    dog = watchdog.Watchdog(app, Health(), {STUCK_AFTER_S})
    async with dog:
        print("watched", flush=True)
        await asyncio.sleep(0.5)
        if sys.argv[1] == "asleep":
            time.sleep(60)
        if sys.argv[1] == "locked":
            ctypes.PyDLL(None).sleep(60)
        await asyncio.sleep(1.5)
    print("ended", flush=True)

app = App()
logs.configure("json", "info")
asyncio.run(main())
"""


def run(how: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, how],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    try:
        out, err = process.communicate(timeout=50)
    finally:
        process.kill()
    return process.returncode, out, err


def test_a_loop_that_stands_still() -> None:
    code, _, err = ended(run("asleep"))
    assert code == 1
    assert "the worker is stuck and ends, to be started again: its event loop stood still" in err
    # Where it stood.
    assert "<string>:" in err


def test_a_thread_that_keeps_the_lock_of_python() -> None:
    code, _, err = ended(run("locked"))
    assert code == 1
    assert "most recent call first" in err


def test_an_app_that_is_ill_is_crashed_in_order() -> None:
    code, out, _ = ended(run("ill"))
    assert code == 0
    told = "crashed: The worker is stuck and ends, to be started again: It is ill.\n"
    assert out == f"watched\n{told}ended\n"


def test_a_process_that_was_stopped_as_a_whole_goes_on() -> None:
    process = run("well")
    assert process.stdout is not None
    assert process.stdout.readline() == "watched\n"
    process.send_signal(signal.SIGSTOP)
    time.sleep(STUCK_AFTER_S + 1)
    process.send_signal(signal.SIGCONT)
    code, out, err = ended(process)
    assert (code, out) == (0, "ended\n"), err
