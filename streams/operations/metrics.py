"""What a worker counts, for Prometheus: read from its parts at the moment of a scrape.

Nothing in the pipeline knows of Prometheus. docs/operations.md has these names and texts.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from itertools import accumulate

from faust.types import TP
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from schemas.rejects import Reason
from sinks.tables import TABLES
from sinks.writer import Counters
from streams.activity import BOUNDS_S, Durations
from streams.operations.health import Health
from streams.operations.observed import Observed
from streams.operations.state_sizes import StateSizes

#: Label values → value.
Samples = Mapping[tuple[str, ...], float]

TOPIC_PARTITION = ("topic", "partition")


def registry_of(observed: Observed, health: Health, sizes: StateSizes) -> CollectorRegistry:
    """A registry with everything that one worker tells, its process included."""
    registry = CollectorRegistry()
    registry.register(WorkerCollector(observed, health, sizes))
    ProcessCollector(registry=registry)
    return registry


class WorkerCollector(Collector):
    """Reads a worker. Collect on the event loop of its app."""

    def __init__(self, observed: Observed, health: Health, sizes: StateSizes) -> None:
        self._observed = observed
        self._app = observed.app
        self._health = health
        self._sizes = sizes

    def collect(self) -> Iterator[Metric]:
        """All families, also those that have nothing to tell yet."""
        yield from self._worker()
        yield from self._processing()
        yield from self._reading()
        yield from self._state()
        yield from self._writing()

    def _worker(self) -> Iterator[Metric]:
        yield gauge(
            "zhongcao_worker_info",
            "1; the labels tell the version and the consumer group.",
            {(version("zhongcao"), self._app.conf.id): 1},
            "version",
            "group",
        )
        yield gauge(
            "zhongcao_healthy",
            "1 if the worker can make progress, as /health tells, else 0.",
            {(): not self._health.ailments()},
        )
        yield gauge(
            "zhongcao_ready",
            "1 if the worker is in service, as /ready tells, else 0.",
            {(): not self._health.obstacles()},
        )
        yield counter(
            "zhongcao_rebalances",
            "Rebalances of the group that the worker took part in.",
            {(): self._app.rebalancing_count},
        )

    def _processing(self) -> Iterator[Metric]:
        topics = self._app.activity.topics
        yield counter(
            "zhongcao_records",
            "Records that went through the pipeline; one that is delivered again counts again.",
            {(name,): topic.records for name, topic in topics.items()},
            "topic",
        )
        yield counter(
            "zhongcao_record_bytes",
            "Bytes of keys and values of records that went through the pipeline.",
            {(name,): topic.bytes for name, topic in topics.items()},
            "topic",
        )
        yield histogram(
            "zhongcao_round_seconds",
            "Seconds from a round's turn until its rows were made, the wait for the changelog included; rounds of "
            "several partitions overlap. Its _count is the number of rounds.",
            {(): self._app.activity.rounds},
        )
        yield counter(
            "zhongcao_dead_letters",
            "Records that could not be used.",
            {
                (name, str(reason)): topic.dead_letters[reason]
                for name, topic in topics.items()
                for reason in Reason
            },
            "topic",
            "reason",
        )
        yield counter(
            "zhongcao_late_events",
            "Events that came later than is allowed: they are facts, joined with what the state still holds; "
            "zhongcao rebuild --late joins the rest.",
            {(name,): topic.too_late for name, topic in topics.items()},
            "topic",
        )
        yield counter(
            "zhongcao_refused_requests",
            "Records among the requests to forget that are no requests; one that is read again counts again.",
            {(): self._app.activity.refused_requests + self._app.recovery.refused_requests},
        )
        yield counter(
            "zhongcao_forgotten_records",
            "Records of users who were forgotten: nothing of them was kept.",
            {(name,): topic.left_out for name, topic in topics.items()},
            "topic",
        )

    def _reading(self) -> Iterator[Metric]:
        yield gauge(
            "zhongcao_consumer_lag_records",
            "Offsets between what the group has committed and the end of the partition.",
            _by_partition(self._observed.lag()),
            *TOPIC_PARTITION,
        )
        yield gauge(
            "zhongcao_newest_record_timestamp_seconds",
            "Newest Kafka timestamp of a record that went through the pipeline, Unix time; 0 before the first.",
            _by_partition(self._observed.newest_records()),
            *TOPIC_PARTITION,
        )
        yield gauge(
            "zhongcao_event_timestamp_seconds",
            "Event time T of the partition number, Unix time.",
            {(str(number),): at for number, at in self._observed.event_times().items()},
            "partition",
        )
        yield gauge(
            "zhongcao_event_time_ahead_seconds",
            "Event time T of the partition number less the wall clock; far below 0 where old events are read.",
            {(str(number),): ahead for number, ahead in self._observed.event_times_ahead().items()},
            "partition",
        )
        yield gauge(
            "zhongcao_last_commit_timestamp_seconds",
            "When offsets were last committed, Unix time; 0 before the first time.",
            {(): (self._app.consumer.committed_at if self._app.started else None) or 0},
        )
        yield counter(
            "zhongcao_expired_unread",
            "Offsets that Kafka had deleted before they were read: their messages are lost.",
            _by_partition(self._observed.expired_unread()),
            *TOPIC_PARTITION,
        )

    def _state(self) -> Iterator[Metric]:
        restored = self._app.recovery.restored
        yield gauge(
            "zhongcao_partitions_assigned",
            "Partition numbers that the group has given to the worker.",
            {(): len(self._observed.partitions)},
        )
        yield gauge(
            "zhongcao_partitions_open",
            "Partition numbers whose state is open.",
            {(): len(self._app.partitions.opened)},
        )
        yield gauge(
            "zhongcao_partitions_restoring",
            "Partition numbers whose state is being restored from the changelog.",
            {(): len(self._app.restoring)},
        )
        yield counter(
            "zhongcao_restored_entries",
            "Entries of state that were read back from the changelog.",
            {(): restored.entries},
        )
        yield counter(
            "zhongcao_changelog_skipped",
            "Records of the changelog that no worker has written, and that were passed over.",
            {(): self._app.recovery.skipped},
        )
        yield counter(
            "zhongcao_restore_seconds",
            "Seconds spent on reading state back from the changelog.",
            {(): restored.seconds},
        )
        yield gauge(
            "zhongcao_state_bytes",
            "Size of the state on disk, looked up every half minute.",
            {(str(number),): size for number, size in self._sizes.bytes.items()},
            "partition",
        )
        yield gauge(
            "zhongcao_crowded_buckets",
            "Users and brands, by 30 days, with more touches or orders than any person has: their orders get no paths.",
            {(str(number),): found for number, found in self._observed.crowded_buckets().items()},
            "partition",
        )

    def _writing(self) -> Iterator[Metric]:
        unsafe = self._app.outbox.unsafe
        yield gauge(
            "zhongcao_outbox_rounds",
            "Rounds of batches that wait for ClickHouse, or are being written.",
            {(): len(unsafe)},
        )
        yield gauge(
            "zhongcao_outbox_rows",
            "Rows that wait for ClickHouse, or are being written.",
            {(): sum(map(len, unsafe))},
        )
        yield counter(
            "zhongcao_safe_records",
            "Records whose rows ClickHouse has acknowledged, and whose dead letters are published.",
            {(): self._app.processed},
        )
        yield from self._inserting()
        yield gauge(
            "zhongcao_clickhouse_answer_timestamp_seconds",
            "When ClickHouse last acknowledged an insert or a ping, Unix time.",
            _known(self._observed.writer.answered_at),
        )

    def _inserting(self) -> Iterator[Metric]:
        found = dict(self._observed.writer.counters)
        tables = {(name,): found.get(name, Counters()) for name in TABLES}
        yield counter(
            "zhongcao_clickhouse_rows",
            "Rows that ClickHouse has acknowledged.",
            {labels: table.rows for labels, table in tables.items()},
            "table",
        )
        yield counter(
            "zhongcao_clickhouse_inserts",
            "Inserts that ClickHouse has acknowledged.",
            {labels: table.inserts for labels, table in tables.items()},
            "table",
        )
        yield counter(
            "zhongcao_clickhouse_retries",
            "Attempts to insert that failed and were repeated.",
            {labels: table.retries for labels, table in tables.items()},
            "table",
        )
        yield counter(
            "zhongcao_clickhouse_insert_seconds",
            "Seconds spent on inserts, waits between attempts included.",
            {labels: table.seconds for labels, table in tables.items()},
            "table",
        )


def gauge(name: str, text: str, samples: Samples, *labels: str) -> Metric:
    """A family of values that go up and down."""
    family = GaugeMetricFamily(name, text, labels=labels)
    for values, value in samples.items():
        family.add_metric(values, value)
    return family


def counter(name: str, text: str, samples: Samples, *labels: str) -> Metric:
    """A family of values that only grow; the scrape adds _total to the name."""
    family = CounterMetricFamily(name, text, labels=labels)
    for values, value in samples.items():
        family.add_metric(values, value)
    return family


def histogram(
    name: str, text: str, samples: Mapping[tuple[str, ...], Durations], *labels: str
) -> Metric:
    """A family of distributions of durations."""
    family = HistogramMetricFamily(name, text, labels=labels)
    for values, durations in samples.items():
        family.add_metric(values, _buckets(durations.counts), durations.seconds)
    return family


def _buckets(counts: Iterable[int]) -> Sequence[tuple[str, float]]:
    bounds = [*map(str, BOUNDS_S), "+Inf"]
    return list(zip(bounds, accumulate(counts), strict=True))


def _by_partition(values: Mapping[TP, float]) -> Samples:
    return {(tp.topic, str(tp.partition)): value for tp, value in values.items()}


def _known(value: float | None) -> Samples:
    return {} if value is None else {(): value}
