"""`zhongcao worker` that dies or hangs at a point, whose clock jumps, or that lacks a guard: its environment says."""

import os
import time

#: "act:point:n": what to do at a point, when it comes there for the n-th time.
AT_POINT = "FAULTS_AT_POINT"
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
    if given := os.environ.get(AT_POINT):
        act, point, times = given.split(":")
        points.arm(act, point, int(times))
    from streams.cli import main as zhongcao

    zhongcao()


def _let_the_clock_jump(after_s: float, by_s: float) -> None:
    true_time = time.time
    start = time.monotonic()
    time.time = lambda: true_time() + (by_s if time.monotonic() - start > after_s else 0)


if __name__ == "__main__":
    main()
