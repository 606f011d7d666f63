"""Brokers hear of a change a little later than the one that was told."""

import time
from collections.abc import Callable, Collection

from kafka import KafkaAdminClient

TIMEOUT_S = 120


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def delete_topics(admin: KafkaAdminClient, names: Collection[str]) -> None:
    """Delete topics; return when the broker shows them no more."""
    admin.delete_topics(list(names))
    wait_until(lambda: not {*admin.list_topics()} & {*names})
