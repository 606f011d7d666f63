"""A worker process: the app with its state and its writer, until it is told to stop."""

from contextlib import ExitStack
from typing import Any

import faust

from schemas.codec import Codec
from schemas.errors import ZhongcaoError
from sinks.writer import Writer
from streams.app import App
from streams.clickhouse import clickhouse_of
from streams.partitions import Partitions
from streams.registry import workers_registry
from streams.settings import Settings
from streams.topics import check


def run(settings: Settings) -> None:
    """Run a worker until SIGINT or SIGTERM.

    Raises: BrokerError if the topics are not as they must be, RegistryError if the schemas are not, SinkUnavailable if
    ClickHouse is not there, StateError.
    """
    if settings.on_kafka:
        check(settings)
    with ExitStack() as stack:
        writer = stack.enter_context(Writer(clickhouse_of(settings)))
        writer.ping()
        partitions = Partitions(settings, Codec(workers_registry(settings)))
        stack.callback(partitions.close)
        app = App(settings, partitions, writer)
        worker: Any = faust.Worker(app, quiet=True, override_logging=False)
        try:
            worker.execute_from_commandline()
        finally:
            if isinstance(app.crash_reason, ZhongcaoError):
                raise app.crash_reason
