"""What a run tells, also when the process that decodes dies."""

import os
import signal
import sys
from collections import Counter

from fuzz import __main__ as command
from fuzz import panics, reproduction, session
from fuzz.batches import batch_of

PANIC = """
thread '<unnamed>' (7) panicked at crates/avro/read.rs:276:61:
range end index 64 out of range for slice of length 59
"""
NOTE = "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n"


def die(arguments, at):
    at.value = 3
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_dies_is_a_crash_of_its_batch(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["fuzz", "--seed", "2"])
    monkeypatch.setattr(session, "run", die)
    assert command.main() == 1
    told = capsys.readouterr().out
    assert "Batch 3 of seed 2" in told
    assert "crash: the process died of signal 9" in told
    batch = reproduction.read(tmp_path / "data/fuzz/seed-2-batch-3.json")
    assert (batch.topic, batch.values) == (batch_of(2, 3).topic, batch_of(2, 3).values)


def test_panics_are_counted_and_all_else_is_printed(capfd):
    counted = Counter()
    with panics.aside(counted):
        os.write(2, f"{PANIC}{NOTE}{PANIC}".encode())
        os.write(2, b"free(): invalid pointer\n")
        print("at once", file=sys.stderr)
        assert capfd.readouterr().err == "at once\n"
    assert counted == {"crates/avro/read.rs:276": 2}
    assert capfd.readouterr().err.strip() == "free(): invalid pointer"
    os.write(2, b"as ever\n")
    assert capfd.readouterr().err == "as ever\n"
