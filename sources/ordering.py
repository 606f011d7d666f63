"""Events in order of time."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from schemas.errors import SourceError
from schemas.topics import SourceEvent

#: An event takes 600 to 1,000 bytes of memory, so this many need 3 to 5 GiB.
MAX_SORTED_EVENTS: Final = 5_000_000


def sorted_by_time(
    events: Iterable[SourceEvent], *, limit: int = MAX_SORTED_EVENTS
) -> Iterator[SourceEvent]:
    """Yield the events by occurred_at; equal ones keep their order.

    They are sorted in memory. Raises SourceError if there are more than `limit` of them.
    """
    held = list(islice(events, limit + 1))
    if len(held) > limit:
        raise SourceError(
            f"The file has more than {limit:,} events, too many to sort in memory; sort the file "
            "itself first (a CSV by its 5th column: sort -s -t, -k5,5n) and read it in file order."
        )
    held.sort(key=_occurred_at)
    return iter(held)


def _occurred_at(event: SourceEvent) -> Any:
    return event.record["occurred_at"]
