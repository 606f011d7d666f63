"""The command line: make fuzz DATUMS=10000000 SEED=1."""

import multiprocessing
import sys
from argparse import ArgumentParser, Namespace
from ctypes import c_longlong
from pathlib import Path

from fuzz import session
from fuzz.batches import batch_of
from fuzz.run import Fault


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--datums", type=int, default=200_000, help="decode at least so many")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same batches")
    parser.add_argument("--batch", type=int, help="only this batch of the seed")
    parser.add_argument("--replay", type=Path, help="only this file, which a run has written")
    arguments = parser.parse_args()
    if arguments.datums < 1:
        parser.error("--datums must be at least 1: nothing would be checked")
    return arguments


def main() -> int:
    """Decode in a process of its own, so that even its death is told."""
    arguments = _arguments()
    processes = multiprocessing.get_context("spawn")
    at = processes.Value(c_longlong, -1)
    process = processes.Process(target=session.run, args=(arguments, at))
    process.start()
    process.join()
    if process.exitcode < 0 and at.value >= 0:
        batch = batch_of(arguments.seed, at.value)
        what = f"crash: the process died of signal {-process.exitcode}"
        session.tell(Fault(batch.topic, batch.values, what, True, at.value), arguments.seed)
    return 1 if process.exitcode else 0


if __name__ == "__main__":
    sys.exit(main())
