"""Whether a worker can make progress, and whether it is in service.

Each problem is a sentence for whoever reads the answer of a probe.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from streams.operations.observed import Observed
from streams.timeunits import iso_utc


class Health:
    """Judges a worker. Ask on the event loop of its app: that it answers is part of the answer.

    stuck_after_s: how long a round may be processed or written, or the group rebalanced.
    clock: as `time.monotonic`.
    """

    def __init__(
        self, observed: Observed, stuck_after_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._observed = observed
        self._app = observed.app
        self._stuck_after_s = stuck_after_s
        self._clock = clock

    def ailments(self) -> list[str]:
        """Why the worker cannot make progress and should be started anew; empty if it can."""
        return list(self._ailments())

    def obstacles(self) -> list[str]:
        """Why the worker is not in service at this moment; empty if it is."""
        return [*self._ailments(), *self._obstacles()]

    def details(self) -> dict[str, Any]:
        """What a person would ask next, for JSON."""
        observed = self._observed
        lag: Counter[str] = Counter()
        for tp, records in observed.lag().items():
            lag[tp.topic] += records
        times = {number: iso_utc(at) for number, at in sorted(observed.event_times().items())}
        return {
            "partitions": observed.partitions,
            "restoring": sorted(self._app.restoring),
            "lag": lag,
            "event_time": times,
            "last_commit": _iso(self._app.consumer.committed_at if self._app.started else None),
            "last_clickhouse_answer": _iso(observed.writer.answered_at),
        }

    def _ailments(self) -> Iterator[str]:
        if self._app.crash_reason is not None:
            yield f"The worker crashed: {self._app.crash_reason}"
        yield from list(self._stuck()) or self._reads_nothing()

    def _stuck(self) -> Iterator[str]:
        """What has begun and does not end."""
        if self._app.rebalancing and (stood := self._stood(self._app.rebalancing_since)):
            yield f"The group has been rebalanced for {stood:.0f} s, without an end."
        begun = self._app.activity.in_process
        if begun is not None and (stood := self._stood(begun.since)):
            yield (
                f"A round of partition {begun.partition}, from offset {begun.offset} of {begun.topic} on, has been "
                f"in process for {stood:.0f} s."
            )
        if self._app.restoring and (stood := self._stood(self._app.recovery.progressed_at)):
            numbers = ", ".join(map(str, sorted(self._app.restoring)))
            yield f"The state of these partitions could not be restored any further for {stood:.0f} s: {numbers}."
        if self._app.outbox.unsafe and (stood := self._stood(self._rows_moved_at())):
            yield f"Rows have been waiting for ClickHouse for {stood:.0f} s."

    def _reads_nothing(self) -> Iterator[str]:
        """Nothing is at work, and still no more is asked for. With an empty topic it is, each second."""
        app = self._app
        if not app.started or app.should_stop or app.rebalancing or not self._observed.assigned:
            return
        moved = [app.consumer.asked_at, app.activity.progressed_at, app.recovery.progressed_at]
        moved += [app.rebalancing_since, *([self._rows_moved_at()] if app.outbox.unsafe else [])]
        if stood := self._stood(max(moved)):
            yield f"Partitions are assigned, and nothing has been read of them for {stood:.0f} s."

    def _rows_moved_at(self) -> float:
        # While ClickHouse is away, the writer tries and fails: starting anew would not help.
        return max(self._app.outbox.unsafe[0].since, self._observed.writer.tried_at)

    def _obstacles(self) -> Iterator[str]:
        if self._app.should_stop:
            yield "The worker is stopping."
        elif not self._observed.joined:
            yield "The group has not assigned partitions yet."
        elif self._app.rebalancing:
            yield "The group is being rebalanced."
        if self._app.restoring:
            numbers = ", ".join(map(str, sorted(self._app.restoring)))
            yield f"The state of these partitions is being restored: {numbers}."
        if not self._observed.writer.answers:
            yield "ClickHouse did not answer when it was last asked."

    def _stood(self, since: float) -> float:
        """For how many seconds something has stood still, 0 unless that is too long. Outages do not count."""
        stood = self._clock() - max(since, self._observed.away_at())
        return stood if stood > self._stuck_after_s else 0.0


def _iso(seconds: float | None) -> str | None:
    return None if seconds is None else iso_utc(seconds)
