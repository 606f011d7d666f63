"""Batches are decoded and checked, one after another, up to the first that is wrong."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from fuzz.batches import Batch, batch_of
from fuzz.check import Crash, Wrong, check
from fuzz.minimise import minimised
from fuzz.tally import Tally


@dataclass(frozen=True)
class Fault:
    """A batch that the codec does not decode as it must.

    crashed: whether it raised something, rather than gave other rows or rejects.
    batch: its number in the run; None if it does not come from one.
    """

    topic: str
    values: list[bytes | None]
    what: str
    crashed: bool
    batch: int | None = None


def fault_in(batch: Batch, number: int | None = None) -> Fault | None:
    """The fault of one batch, with as few messages as still show it."""
    error = _error_in(batch)
    if error is None:
        return None
    pairs = list(zip(batch.values, batch.outcomes, strict=True))
    kind = type(error)
    few = minimised(pairs, lambda some: type(_error_in(_batch(batch.topic, some))) is kind)
    smallest = _batch(batch.topic, few)
    what = f"{kind.__name__.lower()}: {_error_in(smallest) or error}"
    return Fault(batch.topic, smallest.values, what, kind is Crash, number)


def faults(seed: int, datums: int, tally: Tally, first: int = 0) -> Iterator[Fault | None]:
    """After each batch, its fault; ends when so many datums have been decoded."""
    with tally.counting_blocks():
        for number in count(first):
            if tally.datums >= datums:
                return
            batch = batch_of(seed, number)
            tally.add(batch)
            fault = fault_in(batch, number)
            tally.crashes += fault is not None and fault.crashed
            tally.wrong += fault is not None and not fault.crashed
            yield fault


def _error_in(batch: Batch) -> Crash | Wrong | None:
    try:
        check(batch.topic, batch.values, batch.outcomes)
    except (Crash, Wrong) as error:
        return error
    return None


def _batch(topic, pairs) -> Batch:
    return Batch(topic, [value for value, _ in pairs], [outcome for _, outcome in pairs])
