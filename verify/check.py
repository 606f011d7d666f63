"""The check, from the topics to the report."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from zlib import crc32

from kafka import TopicPartition

from schemas.errors import BrokerError, SettingsError
from schemas.topics import SOURCE_TOPICS
from sinks.connection import ClickHouse
from streams.registry import registry_of
from streams.settings import Settings
from streams.timeunits import DAY_MS
from streams.wall_clock import machine_ms
from verify.comparing import Comparing
from verify.coverage import DAY, SHANGHAI, Coverage
from verify.expected import Rules
from verify.messages import Messages
from verify.reading import SourceTopics, Spans
from verify.report import Report
from verify.scratch import Scratch, scratch
from verify.tables import TABLES

#: Messages of the users that are computed at once, about.
SLICE = 500_000

#: Called now and then with the share that is done, 0 to 1, and what is done.
Progress = Callable[[float, str], None]

#: Share of the work that is reading.
READING = 0.7


@dataclass(frozen=True, slots=True)
class Scope:
    """What is checked.

    since, until: days of the rows, Asia/Shanghai, both included; None for no bound.
    sample: one in so many users, chosen by a hash of user_id.
    tables: their names.
    """

    since: date | None = None
    until: date | None = None
    sample: int = 1
    tables: tuple[str, ...] = tuple(TABLES)

    def __post_init__(self) -> None:
        if self.since and self.until and self.until < self.since:
            raise SettingsError(
                f"There are no days from {self.since} to {self.until}: give --until {self.since} or later."
            )

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

    Raises: BrokerError, RegistryError, SinkError, SettingsError.
    """
    started, now_ms = time.monotonic(), machine_ms()
    rules = Rules.of(settings, now_ms)
    today = datetime.fromtimestamp(now_ms / 1000, SHANGHAI).date()
    report = Report(today, scope.since, scope.until, scope.sample)
    with SourceTopics(settings) as topics:
        spans = _spans(settings, topics, scope)
        coverage = Coverage(topics.begins(spans, now_ms), settings.lookback_days)
        slices = max(1, sum(map(len, spans.values())) // scope.sample // SLICE)
        with scratch(clickhouse, rules, slices, scope.sample) as tables:
            comparing = Comparing(tables, coverage, scope.days(), scope.since, report)
            progress(0, "copying the live rows")
            # Whatever is committed is in the tables before they are copied; what was published later cannot be.
            forgotten = topics.forgotten()
            comparing.copy_live(forgotten)
            behind = topics.behind(spans)
            messages = Messages(registry_of(settings))
            reading = _Reading(messages, tables, spans, scope.sample, forgotten)
            reading.read(topics, behind, progress)
            report.records, report.unread = reading.counts, reading.unread
            for number in comparing.slices(scope.tables):
                share = READING + (1 - READING) * number / slices
                progress(share, f"part {number} of {slices} compared")
            if "dead_letters" in scope.tables:
                comparing.dead_letters()
    report.seconds = time.monotonic() - started
    return report


class _Reading:
    """Messages on their way to the scratch database. counts: by topic, so far. unread: the same of those to leave out.

    forgotten: hashes of the users of whom no row may be left.
    """

    def __init__(
        self,
        messages: Messages,
        tables: Scratch,
        spans: Spans,
        sample: int,
        forgotten: Collection[str],
    ) -> None:
        self.counts = dict.fromkeys(SOURCE_TOPICS, 0)
        self.unread: dict[str, int] = {}
        self._messages = messages
        self._tables = tables
        self._spans = spans
        self._sample = sample
        self._forgotten = forgotten
        self._newest: dict[TopicPartition, int] = {}
        self._first_timestamp: dict[TopicPartition, int] = {}

    def read(self, topics: SourceTopics, behind: Spans, progress: Progress) -> None:
        """All of them. behind: what was published since, to leave out."""
        total = sum(map(len, self._spans.values()))
        for records in topics.read(self._spans):
            self.take(records)
            done = sum(self.counts.values())
            progress(READING * done / max(total, 1), f"{done:,} messages read")
        for records in topics.read(behind):
            self.leave_out(records)
        self.ended(behind)

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
            self.unread[row["topic"]] = self.unread.get(row["topic"], 0) + 1
        self._tables.insert("unread", [row | {"key": None, "payload": None} for row in rows])

    def ended(self, behind: Spans) -> None:
        """All is read. behind: what was left out."""
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
            {
                **{"topic": tp.topic, "partition": tp.partition},
                **{"start": max(span.start, span.held), "end": span.end},
                "published": behind[tp].end,
            }
            for tp, span in self._spans.items()
        ]
        self._tables.insert("spans", spans)

    def _note_time(self, row: dict[str, Any]) -> None:
        """Follow the newest time that event time can have reached: no valid event is beyond its timestamp + 24 h."""
        tp = TopicPartition(row["topic"], row["partition"])
        latest = row["kafka_timestamp"] + DAY_MS
        if tp not in self._newest:
            # What lies before the first that we read may be as new as that may be.
            self._newest[tp] = latest if self._spans[tp].start or self._spans[tp].cut else 0
        row["newest_before"] = self._newest[tp]
        if not row["damage"]:
            self._newest[tp] = max(self._newest[tp], min(row["occurred_at"], latest))


def _spans(settings: Settings, topics: SourceTopics, scope: Scope) -> Spans:
    """What to read: what rows of these days follow from."""
    # A valid event lies at most 24 h after its timestamp, so none of these days is before.
    reach = timedelta(days=settings.lookback_days) + DAY
    spans = topics.committed(_start_ms(scope.since - reach) if scope.since else None)
    if not any(span.end for span in spans.values()):
        raise BrokerError(
            f"Group {settings.group} has committed nothing at {settings.broker}: check `group`, or let a worker run."
        )
    return spans


def _start_ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).timestamp() * 1000)
