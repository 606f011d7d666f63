"""One run from the command line: progress, the summary, and what to do about a fault."""

import sys
import time
from argparse import Namespace
from typing import Any

from fuzz import panics, reproduction
from fuzz.run import Fault, fault_in, faults
from fuzz.tally import Tally

_PROGRESS_S = 10


def run(arguments: Namespace, at: Any) -> None:
    """Exits with 1 after the first fault. at: is kept at the number of the batch that is decoded."""
    if arguments.replay:
        sys.exit(_replay(arguments))
    tally, began = Tally(), time.monotonic()
    with panics.aside(tally.panics):
        fault = _first_fault(arguments, tally, at)
    print(tally.summary(time.monotonic() - began))
    if fault:
        tell(fault, arguments.seed)
        sys.exit(1)


def tell(fault: Fault, seed: int) -> None:
    """Write a reproduction, and print what is wrong and how to see it again."""
    path = reproduction.write(fault, seed)
    print(f"Batch {fault.batch} of seed {seed}, {fault.topic}: {fault.what}")
    print(f"{len(fault.values)} messages show it; replay them with: make fuzz REPLAY={path}")


def _replay(arguments: Namespace) -> int:
    tally = Tally()
    with panics.aside(tally.panics):
        fault = fault_in(reproduction.read(arguments.replay))
    print(fault.what if fault else "The codec decodes these messages as the library does.")
    return 1 if fault else 0


def _first_fault(arguments: Namespace, tally: Tally, at: Any) -> Fault | None:
    datums, at.value = arguments.datums, 0
    if arguments.batch is not None:
        datums, at.value = 1, arguments.batch
    began = told = time.monotonic()
    for fault in faults(arguments.seed, datums, tally, at.value):
        if fault:
            return fault
        at.value += 1
        now = time.monotonic()
        if now - told > _PROGRESS_S:
            told = now
            print(f"{tally.datums:>12,} of {datums:,} datums, {now - began:,.0f} s", flush=True)
    return None
