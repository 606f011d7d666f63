"""The check, from the topics to the report."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from zlib import crc32
from zoneinfo import ZoneInfo

from kafka import TopicPartition

from schemas.errors import BrokerError, SettingsError
from schemas.topics import SOURCE_TOPICS
from sinks.connection import ClickHouse
from streams.registry import registry_of
from streams.settings import Settings
from streams.timeunits import DAY_MS
from streams.wall_clock import machine_ms
from verify.compare import Comparison, compare
from verify.expected import ROWS, Rules
from verify.messages import Messages
from verify.reading import SourceTopics, Spans
from verify.report import Report
from verify.scratch import Scratch, scratch
from verify.tables import TABLES

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
#: Messages of the users that are computed at once, about.
SLICE = 500_000

#: Why users are left out, by what says so.
UNSETTLED = "unsettled"
SKIPPED = {
    UNSETTLED: "sent events that the group had not committed yet",
    "conflicting": "have an event that was published with two contents",
    "scattered": "have events in several partitions: some were not keyed by user_id",
}

#: Called now and then with the share that is done, 0 to 1, and what is done.
Progress = Callable[[float, str], None]

#: Share of the work that is reading.
READING = 0.7


@dataclass(frozen=True, slots=True)
class Scope:
    """What is checked.

    since, until: days of the rows, Asia/Shanghai, both included; None for no bound.
    sample: one in so many users, chosen by a hash of user_id.
    """

    since: date | None = None
    until: date | None = None
    sample: int = 1

    def days(self) -> dict[str, str]:
        """Table → SQL condition on its days."""
        return {
            name: " AND ".join(
                [
                    "1",
                    *([f"{table.day} >= '{self.since}'"] if self.since else []),
                    *([f"{table.day} <= '{self.until}'"] if self.until else []),
                ]
            )
            for name, table in TABLES.items()
        }


def check(
    settings: Settings,
    clickhouse: ClickHouse,
    scope: Scope,
    progress: Progress = lambda share, what: None,
) -> Report:
    """Compare the tables with what follows from the messages that the group has committed.

    Raises: BrokerError, RegistryError, SinkError, SettingsError if the topics do not hold what the days need.
    """
    started = time.monotonic()
    rules = Rules.of(settings, machine_ms())
    with SourceTopics(settings) as topics:
        spans, scope = _spans(settings, topics, scope)
        total = sum(map(len, spans.values()))
        slices = max(1, total // scope.sample // SLICE)
        report = Report(scope.since, scope.until, scope.sample)
        with scratch(clickhouse, rules, slices, scope.sample) as tables:
            progress(0, "copying the live rows")
            # Whatever is committed is in the tables before they are copied; what was published later cannot be.
            tables.copy_live(_copied_days(scope, settings.lookback_days))
            behind = topics.behind(spans)
            messages = Messages(registry_of(settings))
            reading = _Reading(messages, tables, spans, scope.sample, topics.forgotten())
            for records in topics.read(spans):
                reading.take(records)
                done = sum(reading.counts.values())
                progress(READING * done / max(total, 1), f"{done:,} messages read")
            for records in topics.read(behind):
                reading.leave_out(records)
            reading.ended()
            report.records = reading.counts
            _compare(tables, scope, report, progress)
    report.seconds = time.monotonic() - started
    return report


class _Reading:
    """Messages on their way to the scratch database. counts: by topic, so far.

    forgotten: hashes of the users of whom no row may be left.
    """

    def __init__(
        self,
        messages: Messages,
        tables: Scratch,
        spans: Spans,
        sample: int,
        forgotten: frozenset[str],
    ) -> None:
        self.counts = dict.fromkeys(SOURCE_TOPICS, 0)
        self._messages = messages
        self._tables = tables
        self._spans = spans
        self._sample = sample
        self._forgotten = forgotten
        self._newest: dict[TopicPartition, int] = {}
        self._first_timestamp: dict[TopicPartition, int] = {}

    def take(self, records: list[Any]) -> None:
        """Messages to check, of one partition."""
        rows = []
        for row in self._messages.rows(records):
            self._note_time(row)
            self.counts[row["topic"]] += 1
            if self._forgotten and self._is_forgotten(row):
                continue
            if row["damage"] or crc32(row["user_id"].encode()) % self._sample == 0:
                rows.append(row)
        self._tables.insert("records", rows)

    def _is_forgotten(self, row: dict[str, Any]) -> bool:
        """By user_id, or by the key of what cannot be read."""
        user = (row["key"] or b"") if row["damage"] else row["user_id"].encode()
        return sha256(user).hexdigest() in self._forgotten

    def leave_out(self, records: list[Any]) -> None:
        """Messages of which we do not know whether the workers have written what follows from them."""
        rows = self._messages.rows(records)
        for row in rows:
            self._note_time(row)
        users = {row["user_id"] for row in rows if not row["damage"]}
        self._tables.insert("skipped", [{"user_id": user, "why": UNSETTLED} for user in users])

    def ended(self) -> None:
        """All is read."""
        elsewhere = [
            {
                "topic": tp.topic,
                "partition": tp.partition,
                "newest": max(
                    (
                        newest
                        for other, newest in self._newest.items()
                        if other.partition == tp.partition and other.topic != tp.topic
                    ),
                    default=0,
                ),
            }
            for tp in self._spans
        ]
        self._tables.insert("newest_elsewhere", elsewhere)
        spans = [
            {"topic": tp.topic, "partition": tp.partition, "start": span.start, "end": span.end}
            for tp, span in self._spans.items()
        ]
        self._tables.insert("spans", spans)

    def _note_time(self, row: dict[str, Any]) -> None:
        """Follow the newest time that event time can have reached: no valid event is beyond its timestamp + 24 h."""
        tp = TopicPartition(row["topic"], row["partition"])
        latest = row["kafka_timestamp"] + DAY_MS
        if tp not in self._newest:
            # What lies before the first that we read may be as new as that may be.
            self._newest[tp] = latest if self._spans[tp].start else 0
        row["newest_before"] = self._newest[tp]
        if not row["damage"]:
            self._newest[tp] = max(self._newest[tp], min(row["occurred_at"], latest))


def _compare(tables: Scratch, scope: Scope, report: Report, progress: Progress) -> None:
    for step in ("conflicting", "scattered"):
        tables.skip(step)
    ask = tables.client.execute
    report.skipped = dict(ask("SELECT why, uniqExact(user_id) FROM skipped GROUP BY why"))
    report.tables = {table: Comparison(table) for table in ROWS}
    where = scope.days()
    if scope.since:
        # Paid for the first time before those days: what came before that is not read.
        where["conversions"] += (
            " AND (brand_id, sub_order_id) NOT IN (SELECT brand_id, sub_order_id FROM copied_order_events"
            f" WHERE kind = 'PAY' AND toDate(occurred_at) < '{scope.since}')"
        )
    for number in range(tables.slices):
        tables.take_slice(number, ROWS)
        for table in ROWS:
            report.tables[table].add(compare(tables.client, table, where[table]))
        for topic, valid, late in ask(
            "SELECT topic, countIf(reason = ''), countIf(called_late) FROM expected_deliveries GROUP BY topic"
        ):
            report.valid[topic] = report.valid.get(topic, 0) + valid
            report.too_late[topic] = report.too_late.get(topic, 0) + late
        share = READING + (1 - READING) * (number + 1) / tables.slices
        progress(share, f"part {number + 1} of {tables.slices} compared")
    tables.show_dead_letters()
    report.tables["dead_letters"] = compare(tables.client, "dead_letters", where["dead_letters"])
    report.dead_letters = dict(
        ask(
            "SELECT reason, count() FROM expected_dead_letters "
            f"WHERE {where['dead_letters']} GROUP BY reason ORDER BY reason"
        )
    )


def _copied_days(scope: Scope, lookback_days: int) -> Mapping[str, str]:
    """Orders before the days tell which sub-orders are older; facts, of all that is read, what was late or refused."""
    reach = timedelta(days=lookback_days) + DAY
    touches = f"day >= '{scope.since - reach}'" if scope.since else "1"
    return {**scope.days(), "touches": touches, "order_events": "1", "dead_letters": "1"}


def _spans(settings: Settings, topics: SourceTopics, scope: Scope) -> tuple[Spans, Scope]:
    """What to read, and the days for which that is enough."""
    # A valid event lies at most 24 h after its timestamp, so none of these days is before.
    reach = timedelta(days=settings.lookback_days) + DAY
    spans = topics.committed(_start_ms(scope.since - reach) if scope.since else None)
    if not any(span.end for span in spans.values()):
        raise BrokerError(
            f"Group {settings.group} has committed nothing at {settings.broker}: check `group`, or let a worker run."
        )
    for tp, span in spans.items():
        if span.held > 0 and span.end <= span.held:
            raise BrokerError(
                "Kafka holds nothing any more of what the group has committed of "
                f"{tp.topic}, partition {tp.partition}: there is nothing to check the tables against. Keep "
                "messages for longer (docs/kafka.md)."
            )
    firsts = topics.first_timestamps(spans)
    if not firsts:
        return spans, scope
    complete = datetime.fromtimestamp(max(firsts.values()) / 1000, SHANGHAI).date() + DAY
    earliest = complete + reach
    if scope.since is None:
        spans = topics.committed(_start_ms(earliest - reach))
        return spans, Scope(earliest, scope.until, scope.sample)
    if scope.since < earliest:
        raise SettingsError(
            f"The topics do not hold all that rows of {scope.since} follow from: give --since {earliest} or later."
        )
    return spans, scope


def _start_ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).timestamp() * 1000)


def sentences(report: Report) -> Iterator[str]:
    """What the reader of a report must know beside its figures."""
    for why, users in report.skipped.items():
        yield f"{users:,} users are left out: they {SKIPPED[why]}."
