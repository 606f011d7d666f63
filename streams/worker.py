"""A worker process: the app with its state and its writer, until it is told to stop."""

import streams.lean  # noqa: F401 - before anything else

# isort: split

import logging
import sys
from contextlib import ExitStack
from typing import Any

from schemas.codec import Codec
from schemas.errors import ZhongcaoError
from sinks.retry import RetryPolicy
from sinks.writer import Writer
from streams.app import App
from streams.clickhouse import check_lookback, clickhouse_of
from streams.kafka.topics import check_for_worker
from streams.operations import logs
from streams.operations.health import Health
from streams.operations.journal import Journal
from streams.operations.metrics import registry_of
from streams.operations.observed import Observed
from streams.operations.process import Process
from streams.operations.state_sizes import StateSizes
from streams.operations.watchdog import Watchdog
from streams.operations.web import Web, listen, pages
from streams.partitions import Partitions
from streams.registry import workers_registry
from streams.settings import Settings

logger = logging.getLogger(__name__)

#: While ClickHouse is away, rows wait in the worker and events in Kafka.
AS_LONG_AS_IT_TAKES = RetryPolicy(attempts=None)


def run(settings: Settings) -> None:
    """Run a worker until SIGINT or SIGTERM.

    Raises: BrokerError if the topics are not as they must be, RegistryError if the schemas are not, SinkUnavailable if
    ClickHouse is not there, StateError, WebError if the web port is taken. With log_format json the error is a log
    line, and the process exits with 1.
    """
    logs.configure(settings.log_format, settings.log_level)
    try:
        _run(settings)
    except ZhongcaoError as error:
        if settings.log_format != "json":
            raise
        logger.critical("worker failed: %s", error)
        sys.exit(1)


def _run(settings: Settings) -> None:
    with ExitStack() as stack:
        listening = None
        if settings.web_port:
            listening = stack.enter_context(listen(settings.web_host, settings.web_port))
        codec = Codec(workers_registry(settings))
        if settings.on_kafka:
            check_for_worker(settings, codec)
        clickhouse = clickhouse_of(settings)
        writer = stack.enter_context(Writer(clickhouse, AS_LONG_AS_IT_TAKES))
        writer.ping()
        check_lookback(clickhouse, settings.lookback_days)
        partitions = Partitions(settings, codec)
        stack.callback(partitions.close)
        app = App(settings, partitions, writer)
        observed = Observed(app, writer)
        health = Health(observed, settings.stuck_after_s)
        services: list[Any] = [
            Journal(settings, observed),
            Watchdog(app, health, settings.stuck_after_s),
        ]
        if listening is not None:
            sizes = StateSizes(partitions)
            services += [sizes, Web(listening, pages(registry_of(observed, health, sizes), health))]
        try:
            Process(
                app, *services, stop_timeout_s=settings.stop_timeout_s
            ).execute_from_commandline()
        finally:
            if isinstance(app.crash_reason, ZhongcaoError):
                raise app.crash_reason
