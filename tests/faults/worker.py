"""`zhongcao worker` that dies where it is told, whose clock jumps, or that lacks a guard: as its environment says."""

import os
import time

#: "point:n": die when it comes to a point for the n-th time.
CRASH = "FAULTS_CRASH"
#: "after:by": after so many seconds the clock is that many seconds off.
CLOCK = "FAULTS_CLOCK"
#: A guard that is taken away.
WITHOUT = "FAULTS_WITHOUT"


def main() -> None:
    if jump := os.environ.get(CLOCK):
        _let_the_clock_jump(*map(float, jump.split(":")))
    from faults import guards, points

    if without := os.environ.get(WITHOUT):
        guards.GUARDS[without].taken_away_by()
    if crash := os.environ.get(CRASH):
        point, times = crash.split(":")
        points.arm(point, int(times))
    from streams.cli import main as zhongcao

    zhongcao()


def _let_the_clock_jump(after_s: float, by_s: float) -> None:
    true_time = time.time
    start = time.monotonic()
    time.time = lambda: true_time() + (by_s if time.monotonic() - start > after_s else 0)


if __name__ == "__main__":
    main()
