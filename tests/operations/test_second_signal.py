"""The second signal ends a process at once, from the moment that the first is told."""

import logging
import signal
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from streams.operations.process import STOP_SIGNALS, Process, _end


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_whoever_reads_the_line_may_send_it(monkeypatch: pytest.MonkeyPatch) -> None:
    when_told: list[object] = []
    stopped: list[bool] = []

    def info(*_: object, **__: object) -> None:
        when_told.extend(signal.getsignal(number) for number in STOP_SIGNALS)

    monkeypatch.setattr(logging.getLogger("streams.operations.process"), "info", info)
    process = SimpleNamespace(_on_sigterm=lambda: stopped.append(True))
    Process._stop_in_order(process, signal.SIGTERM)  # type: ignore[arg-type]
    assert when_told == [_end, _end]
    assert stopped == [True]
