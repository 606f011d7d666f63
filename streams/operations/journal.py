"""What a worker tells of itself while it runs: when it starts, joins, is given partitions, and stops, and a summary
every minute."""

import logging
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from faust.types import TP
from mode import Service

from streams.operations.observed import Observed
from streams.settings import Settings
from streams.timeunits import iso_utc

logger = logging.getLogger(__name__)

EVERY_S = 60.0


class Journal(Service):
    """Writes log lines about a worker. It starts before the app and stops after it."""

    mundane_level = "debug"

    def __init__(self, settings: Settings, observed: Observed, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._settings = settings
        self._observed = observed
        self._app = observed.app
        self._before: dict[str, int] = {}
        self._app.on_partitions_assigned.connect(self._tell_assigned)
        self._app.on_partitions_revoked.connect(self._tell_revoked)

    async def on_start(self) -> None:
        """Tell who we are."""
        settings = self._settings
        logger.info(
            "worker started",
            extra={
                "version": version("zhongcao"),
                "group": settings.group,
                "broker": settings.broker,
                "partitions": settings.partitions,
                "clickhouse": f"{settings.clickhouse_host}:{settings.clickhouse_port}",
            },
        )

    async def on_stop(self) -> None:
        """Tell what we leave behind."""
        logger.info("worker stopped", extra={"safe_records": self._app.processed} | self._totals())

    @Service.timer(EVERY_S)
    async def _summarize_regularly(self) -> None:
        self.summarize()

    def summarize(self) -> None:
        """Tell what was done since the last summary, and where we are.

        lag: records behind the end, of all partitions. event_time: of the partition that is furthest back.
        """
        before, totals = self._before, self._totals()
        self._before = totals
        times = self._observed.event_times()
        new = {name: total - before.get(name, 0) for name, total in totals.items()}
        where = {
            "lag": sum(self._observed.lag().values()),
            "event_time": iso_utc(min(times.values())) if times else None,
            "waiting_rows": sum(map(len, self._app.outbox.unsafe)),
            "partitions": len(self._observed.partitions),
        }
        logger.info("summary", extra={**new, **where})

    def _totals(self) -> dict[str, int]:
        tables = list(self._observed.writer.counters.values())
        return {
            "records": self._app.activity.records,
            "dead_letters": self._app.activity.dead_letters,
            "too_late": self._app.activity.too_late,
            "of_forgotten_users": self._app.activity.left_out,
            "rows": sum(table.rows for table in tables),
            "retries": sum(table.retries for table in tables),
        }

    async def _tell_assigned(self, app: Any, assigned: set[TP], **_: Any) -> None:
        logger.info("partitions assigned", extra={"partitions": _numbers(assigned)})

    async def _tell_revoked(self, app: Any, revoked: set[TP], **_: Any) -> None:
        if revoked:
            logger.info("partitions revoked", extra={"partitions": _numbers(revoked)})


def _numbers(tps: Iterable[TP]) -> list[int]:
    return sorted({tp.partition for tp in tps})
