"""The comparison of the tables, and the account of what is left out of it."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from schemas.topics import TAOBAO_PURCHASES
from streams.timeunits import DAY_MS
from verify.compare import Comparison, compare
from verify.coverage import DAY, PARTS, Coverage, LeftOut, Part
from verify.expected import ROWS, key_of
from verify.report import CROWDED, EXPIRED, FORMER, GAP, LATE, OF_SKIPPED, UNSETTLED, Report
from verify.scratch import Scratch
from verify.tables import LATE_ROWS, TABLES

#: The days in which users are counted as crowded are this long, since 1970-01-01 UTC.
BUCKET_MS = 30 * DAY_MS
#: Rows, and the first day of them.
Counted = tuple[int, date]


class Comparing:
    """One comparison, in the order of its methods.

    days: table → SQL condition on the days that are asked for. since: the first of them, None for no bound.
    """

    def __init__(
        self,
        tables: Scratch,
        coverage: Coverage,
        days: Mapping[str, str],
        since: date | None,
        report: Report,
    ) -> None:
        self._tables = tables
        self._coverage = coverage
        self._days = days
        self._since = since
        self._report = report
        self._of_forgotten = "0"
        self._not_copied: dict[Part, Counted] = {}

    def copy_live(self, forgotten: Mapping[str, bool]) -> None:
        """Copy the rows to compare, and count those of the same days that cannot be.

        forgotten: hashes of the users of whom no row may be left, on whatever day; whether all of them was removed.
        """
        if forgotten:
            rows = [{"hash": user, "removed": removed} for user, removed in forgotten.items()]
            self._tables.insert("forgotten", rows)
            self._of_forgotten = "lower(hex(SHA256(user_id))) IN (SELECT hash FROM forgotten)"
        self._tables.copy_live(self._copied())
        self._not_copied = {
            part: self._tables.not_copied(table, self._expired(table, part))
            for table, part in self._bounded()
        }

    def slices(self, wanted: tuple[str, ...]) -> Iterator[int]:
        """Compare the tables of rows; yields how many slices of the users are done."""
        for step in (UNSETTLED, "conflicting", "scattered"):
            self._tables.skip(step)
        ask = self._tables.client.execute
        skipped = "SELECT why, uniqExact(user_id) FROM skipped GROUP BY why ORDER BY why"
        self._report.skipped = dict(ask(skipped))
        found = {table: Comparison(table) for table in ROWS if table in wanted}
        self._report.tables |= found
        not_expected: dict[Part, list[Counted]] = {part: [] for part in self._not_copied}
        for number in range(self._tables.slices):
            self._tables.take_slice(number, ROWS)
            for table, comparison in found.items():
                comparison.add(self._compared(table))
            for table, part in self._bounded():
                count = self._tables.not_expected(table, self._expired(table, part))
                not_expected[part].append(count)
            self._count_events()
            yield number + 1
        for table, comparison in found.items():
            self._count_forgotten(table)
            comparison.leave_out(OF_SKIPPED, self._tables.of_skipped(table, self._where(table)))
        for table, part in self._bounded():
            if table in found:
                self._leave_out(found[table], part, not_expected[part])

    def dead_letters(self) -> None:
        """Compare the dead letters."""
        where = self._days["dead_letters"]
        left_out = self._tables.show_dead_letters(where)
        found = compare(self._tables.client, "dead_letters", where)
        for why, rows in left_out.items():
            found.leave_out(why, rows)
        self._report.tables["dead_letters"] = found
        self._count_forgotten("dead_letters")
        self._report.dead_letters = dict(
            self._tables.client.execute(
                "SELECT reason, count() FROM expected_dead_letters "
                f"WHERE {where} GROUP BY reason ORDER BY reason"
            )
        )

    def _copied(self) -> dict[str, str]:
        """Orders before the days tell which sub-orders are older; facts of what is read, what was late or refused."""
        reach = timedelta(days=self._coverage.lookback_days) + DAY
        firsts = [self._since - reach if self._since else None, self._coverage.first_touches()]
        bounds = [f"(day >= '{first}' OR {self._of_forgotten})" for first in firsts if first]
        touches = " AND ".join(["1", *bounds])
        joined = {table: self._where(table) for table in ("journeys", "conversions")}
        return {**joined, "touches": touches, "order_events": "1", "dead_letters": "1"}

    def _compared(self, table: str) -> Comparison:
        where, key = self._where(table), key_of(table)
        if table == "conversions":
            where += (
                f" AND ({key}) NOT IN (SELECT {key} FROM live_conversions WHERE {self._crowded()})"
            )
        between = f"({key}) IN (SELECT {key} FROM between_{table})" if table in LATE_ROWS else "0"
        found = compare(
            self._tables.client, table, f"{where} AND NOT {between}", self._first_here(table)
        )
        self._count_left_out(found, where, between)
        return found

    def _count_left_out(self, found: Comparison, where: str, between: str) -> None:
        """Of one part of the users: crowds that are believed, and rows that lack late events."""
        ask = self._tables.client.execute
        if found.table == "conversions":
            crowded = f"SELECT count() FROM live_conversions WHERE {self._where('conversions')} AND {self._crowded()}"
            found.leave_out(CROWDED, ask(crowded)[0][0])
        if found.table in LATE_ROWS:
            late = (
                "(brand_id, user_id) IN (SELECT brand_id, user_id FROM expected_events WHERE late"
            )
            of = f"multiIf({late} AND NOT former), '{LATE}', {late}), '{FORMER}', '{GAP}')"
            for why, rows in ask(
                f"SELECT {of} AS why, count() FROM expected_{found.table} WHERE {where} AND {between} GROUP BY why"
            ):
                found.leave_out(why, rows)

    def _crowded(self) -> str:
        """Conversions without a path for a crowd that may not have been read: its bucket begins before their window."""
        lookback = timedelta(days=self._coverage.lookback_days)
        firsts = (self._since and self._since - lookback, self._coverage.first_whole())
        first = max(filter(None, firsts), default=None)
        if first is None:
            return "0"
        window = f"toUnixTimestamp64Milli(paid_at) - {lookback.days * DAY_MS}"
        return (
            f"path_truncated AND empty(`path.kind`) AND intDiv({window}, {BUCKET_MS}) * {BUCKET_MS}"
            f" < toUnixTimestamp64Milli(toDateTime64('{first}', 3, 'Asia/Shanghai'))"
        )

    def _first_here(self, table: str) -> str:
        """Not for the first time before those days: what came before that is not read."""
        if table not in ("order_events", "conversions"):
            return "1"
        [part] = PARTS[table]
        first = max(filter(None, (self._since, self._coverage.first_day(part))), default=None)
        if first is None:
            return "1"
        key, pays = key_of(table), "kind = 'PAY'" if table == "conversions" else "1"
        return (
            f"({key}) NOT IN (SELECT {key} FROM copied_order_events WHERE {pays}"
            f" AND toDate(occurred_at) < '{first}')"
        )

    def _bounded(self) -> Iterator[tuple[str, Part]]:
        """The parts of tables of which not every day can be compared."""
        for table, parts in PARTS.items():
            yield from ((table, part) for part in parts if self._coverage.first_day(part))

    def _where(self, table: str) -> str:
        return (
            f"{self._days[table]} AND ({self._coverage.condition(table)} OR {self._of_forgotten})"
        )

    def _expired(self, table: str, part: Part) -> str:
        first = self._coverage.first_day(part)
        before = f"{part.rows} AND {TABLES[table].day} < '{first}'"
        return f"{self._days[table]} AND {before} AND NOT {self._of_forgotten}"

    def _leave_out(self, comparison: Comparison, part: Part, not_expected: list[Counted]) -> None:
        """Where no such row is there any more, those that must be there are counted."""
        rows, oldest = self._not_copied[part]
        if not rows:
            rows = sum(count for count, _ in not_expected)
            oldest = min((day for count, day in not_expected if count), default=oldest)
        comparison.leave_out(EXPIRED, rows)
        if rows:
            self._report.expired.append(LeftOut.of(self._coverage, part, rows, oldest))

    def _count_forgotten(self, table: str) -> None:
        """Rows of users of whom none may be left, all of them extra."""
        counts = self._report.of_forgotten
        for removed, rows in self._tables.of_forgotten(table, self._days[table]).items():
            counts[removed] = counts.get(removed, 0) + rows

    def _count_events(self) -> None:
        """Of this slice, those of the days that are compared."""
        report = self._report
        for topic, valid, late, unknown in self._tables.client.execute(
            f"""
            SELECT topic, sum(deliveries), sum(late_deliveries), countIf(published_unknown)
            FROM (SELECT *, toDate(occurred_at) AS day FROM expected_events)
            WHERE if(topic = '{TAOBAO_PURCHASES}', {self._where("order_events")}, {self._where("touches")})
            GROUP BY topic
            """
        ):
            for counts, count in (
                (report.compared, valid),
                (report.too_late, late),
                (report.published_unknown, unknown),
            ):
                counts[topic] = counts.get(topic, 0) + count
