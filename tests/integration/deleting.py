"""Topics that are deleted, and gone."""

import time
from collections.abc import Collection

from kafka import KafkaAdminClient

TIMEOUT_S = 60


def delete_topics(admin: KafkaAdminClient, names: Collection[str]) -> None:
    """Delete topics; return when the broker shows them no more, a moment after it was told."""
    admin.delete_topics(list(names))
    deadline = time.monotonic() + TIMEOUT_S
    while {*admin.list_topics()} & {*names}:
        assert time.monotonic() < deadline
        time.sleep(0.05)
