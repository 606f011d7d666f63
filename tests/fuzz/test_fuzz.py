"""A short run finds nothing, and a codec without one of its guards does not get through."""

from itertools import islice
from unittest.mock import patch

import pytest

from fuzz import check, minimise, reproduction, session
from fuzz.batches import Batch, batch_of
from fuzz.contracts import REGISTRY
from fuzz.messages import stock
from fuzz.mutations import MUTATIONS
from fuzz.neighbours import PAIR_MUTATIONS
from fuzz.run import Fault, fault_in, faults
from fuzz.tally import Tally
from schemas import lengths, strict
from schemas.codec import Codec
from schemas.columns import Kind
from schemas.decode import WriterDecoder
from schemas.lengths import LengthCheck

# One for all, because its good messages take seconds to make.
SEED = 2

ANY_LONG = (-(2**63), 2**63 - 1)


def first_fault(batches):
    """Of a codec that is made anew, because decoders keep the guards they were made with."""
    with patch.object(check, "CODEC", Codec(REGISTRY)):
        found = faults(SEED, 10**9, Tally())
        return next((fault for fault in islice(found, batches) if fault), None)


def test_a_short_run():
    tally = Tally()
    assert not [fault.what for fault in faults(SEED, 80_000, tally) if fault]
    assert tally.datums >= 80_000
    assert tally.mutations.keys() == MUTATIONS.keys() | PAIR_MUTATIONS.keys()
    assert len(tally.rejects) == 3
    assert tally.whole
    assert tally.split
    assert tally.rows > tally.in_blocks > 0


GUARDS = {
    "rows end with their messages": (LengthCheck, "_rows_end_right", lambda *_: True),
    "all that is checked of a block": (LengthCheck, "passes", lambda *_: True),
    "the branches of unions": (lengths, "_are_branches", lambda _: True),
    "all ranges": (lengths, "_range", lambda _: ANY_LONG),
    "bytes that are no booleans": (
        strict._StrictDecoder,
        "read_boolean",
        lambda d: d.read(1)[0] == 1,
    ),
    "ints beyond 32 bits": (strict._StrictDecoder, "read_int", strict._StrictDecoder.read_long),
    "indexes": (strict, "_index", lambda index, count, what: index % count),
}


@pytest.mark.parametrize("guard", GUARDS)
def test_a_guard_that_is_gone_is_missed(guard):
    where, name, instead = GUARDS[guard]
    with patch.object(where, name, instead):
        fault = first_fault(batches=500)
    assert fault
    assert len(fault.values) <= 2


def test_a_range_that_is_gone_is_missed():
    with patch.dict(lengths._RANGES, {Kind.BOOLEAN: ANY_LONG}):
        assert first_fault(batches=2000)


def test_numbers_of_ten_bytes_are_missed():
    with patch.object(lengths, "_LONGEST", 10):
        assert first_fault(batches=700)


def test_any_batch_can_be_had_again():
    assert batch_of(SEED, 17) == batch_of(SEED, 17)
    assert batch_of(SEED, 17) != batch_of(SEED, 18)


def test_an_exception_is_a_crash():
    with patch.object(WriterDecoder, "decode", lambda *_: 1 / 0):
        fault = fault_in(batch_of(SEED, 0))
    assert fault.crashed
    assert fault.what == "crash: ZeroDivisionError: division by zero"
    assert len(fault.values) == 1


def test_a_row_that_is_missing_is_wrong():
    good = stock(SEED)["note-saves"][0].plain[0]
    batch = Batch("note-saves", [good.value] * 2, [good.outcome] * 2)
    with patch.object(check, "_rows", lambda frame: frame.rows()[1:]):
        assert fault_in(batch).what.startswith("wrong: row: the codec gives None, the library (0, ")
    assert fault_in(batch) is None


def test_a_reproduction_can_be_replayed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    session.tell(Fault("note-saves", [None, b"\x00\xff"], "wrong", False, 4), seed=3)
    path = tmp_path / "data/fuzz/seed-3-batch-4.json"
    assert f"make fuzz REPLAY={path.relative_to(tmp_path)}" in capsys.readouterr().out
    batch = reproduction.read(path)
    assert batch.values == [None, b"\x00\xff"]
    assert fault_in(batch) is None


def test_what_is_minimal():
    assert minimise.minimised(list(range(100)), lambda some: 40 in some and 43 in some) == [40, 43]
    assert minimise.minimised([1, 2, 3], lambda some: len(some) == 3) == [1, 2, 3]
