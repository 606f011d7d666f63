"""A worker that has nothing to fetch, or no room for it, is not taken for one that hangs."""

from workbench import Workbench

from sinks.memory import MemorySink

YEAR_S = 365 * 86_400


def test_it_never_ends(bench: Workbench) -> None:
    assert bench.worker(MemorySink()).conf.broker_max_poll_interval > 10 * YEAR_S
