"""python -m bench.queries: how long analysts wait, on journeys and conversions that are generated in ClickHouse itself.

Brands differ in size as in life: the share of brand n is about 1/n. Each query is asked for brands that are drawn with
these shares, and for months and models in turn, each question once: what is measured is what the next question takes.
"""

import random
import time
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

import click
from clickhouse_driver import Client
from rich.console import Console
from rich.progress import track
from rich.table import Column, Table

from sinks.connection import ClickHouse
from sinks.embedded import EmbeddedServer
from sinks.migrate import migrate
from sinks.tables import FULL, MODELS
from streams.clickhouse import served_by

SQL = Path(__file__).parent / "sql"
MONTHS = [
    (date(2026, month, 1), date(2026, month, monthrange(2026, month)[1])) for month in range(1, 7)
]
WINDOWS_DAYS = (7, 15, 30)
BRANDS = 500
#: It has a ninth of all rows, and is asked about as often.
LARGEST = "brand-001"
#: Rows come in so many pieces, and the later steps of journeys so many pieces behind their views.
PIECES = 20
STEPS_BEHIND = 2
TARGET_MS = 300

console = Console(width=120)


@dataclass(frozen=True, slots=True)
class Question:
    """A query with %(brand)s, %(since)s, %(until)s, %(model)s and %(days)s. target: it must take 300 ms at most."""

    name: str
    query: str
    target: bool = False


OF_PAID_MONTH = "brand_id = %(brand)s AND paid_date BETWEEN %(since)s AND %(until)s"
OF_ENTRY_MONTH = "brand_id = %(brand)s AND entry_date BETWEEN %(since)s AND %(until)s"

QUESTIONS = (
    Question(
        "funnel by note and day",
        f"SELECT * FROM funnel(window_days = %(days)s) WHERE {OF_ENTRY_MONTH} ORDER BY viewers DESC LIMIT 50",
        target=True,
    ),
    Question(
        "funnel of the brand, distinct people",
        "SELECT uniqExact(user_id), uniqExactIf(user_id, saved), uniqExactIf(user_id, clicked),"
        f" uniqExactIf(user_id, bought) FROM journey_steps(window_days = %(days)s) WHERE {OF_ENTRY_MONTH}",
        target=True,
    ),
    Question(
        "attribution by note",
        "SELECT note_id, sum(sub_orders), sum(net_fen) FROM attribution(model = %(model)s, lookback_days = %(days)s)"
        f" WHERE {OF_PAID_MONTH} GROUP BY note_id ORDER BY 3 DESC LIMIT 50",
        target=True,
    ),
    Question(
        "models side by side, by kind",
        "SELECT kind, model, sum(net_fen) FROM credits_by_model(lookback_days = %(days)s)"
        " WHERE brand_id = %(brand)s AND toDate(paid_at) BETWEEN %(since)s AND %(until)s GROUP BY kind, model",
    ),
    Question(
        "paths",
        "SELECT * FROM paths(lookback_days = %(days)s) WHERE brand_id = %(brand)s ORDER BY sub_orders DESC LIMIT 20",
    ),
    Question(
        "time to purchase by note",
        "SELECT * FROM time_to_purchase(lookback_days = %(days)s) WHERE brand_id = %(brand)s"
        " ORDER BY sub_orders DESC LIMIT 20",
    ),
    Question(
        "direct and halo by day",
        f"SELECT * FROM direct_and_halo(lookback_days = %(days)s) WHERE {OF_PAID_MONTH} ORDER BY paid_date, via",
    ),
)


@click.command()
@click.option(
    "--journeys",
    default=100_000_000,
    type=click.IntRange(min=1),
    show_default=True,
    help="Rows of journeys.",
)
@click.option(
    "--conversions",
    default=5_000_000,
    type=click.IntRange(min=1),
    show_default=True,
    help="Rows of conversions.",
)
@click.option(
    "--asked",
    default=60,
    type=click.IntRange(min=1),
    show_default=True,
    help="How often each query is asked.",
)
@click.option(
    "--folder", type=click.Path(path_type=Path), help="Keep the data here, and find them again."
)
def main(journeys: int, conversions: int, asked: int, folder: Path | None) -> None:
    """Ask the sample queries of docs/analysts.md, and print how long they take."""
    with _server(folder) as clickhouse, clickhouse.client() as client:
        fill(client, journeys, conversions)
        _show_sizes(client)
        _show(client, asked)


@contextmanager
def _server(folder: Path | None) -> Iterator[ClickHouse]:
    with TemporaryDirectory() as temporary, EmbeddedServer(folder or Path(temporary)) as server:
        clickhouse = replace(served_by(server, "zhongcao"), timeout_s=3_600)
        migrate(clickhouse)
        yield clickhouse


def fill(client: Client, journeys: int, conversions: int) -> None:
    """Make the rows, unless they are there, in the order of time, as workers write them."""
    [(found,)] = client.execute("SELECT count() FROM journeys")
    if found:
        return
    journeys_sql, *conversions_sql = (file.read_text() for file in sorted(SQL.glob("*.sql")))
    for piece in track(range(PIECES + STEPS_BEHIND), "journeys", console=console):
        _insert(client, journeys_sql, journeys, piece, later=0)
        _insert(client, journeys_sql, journeys, piece - STEPS_BEHIND, later=1)
    for piece in track(range(PIECES), "conversions", console=console):
        for sql in conversions_sql:
            _insert(client, sql, conversions, piece)
    _merge_closed_months(client)


def _merge_closed_months(client: Client) -> None:
    """What ClickHouse does by itself an hour after the last row of a month: the settings of the table tell it to.

    The last two months are still within the lookback, so rows keep coming for them.
    """
    for since, _ in track(MONTHS[:-2], "merging", console=console):
        client.execute(f"OPTIMIZE TABLE journeys PARTITION {since:%Y%m} FINAL")


def _insert(client: Client, sql: str, rows: int, piece: int, **given: int) -> None:
    """One piece of the rows, if there is such a piece."""
    if 0 <= piece < PIECES:
        first, last = (rows * number // PIECES for number in (piece, piece + 1))
        places = {"rows": rows, "first": first, "last": last, "brands": BRANDS}
        client.execute(sql, places | given)


def _show_sizes(client: Client) -> None:
    rows = client.execute(
        "SELECT table, sum(rows), sum(bytes_on_disk), count() FROM system.parts"
        " WHERE database = currentDatabase() AND active AND rows > 0 GROUP BY table ORDER BY table"
    )
    for table, count, size, parts in rows:
        console.print(
            f"{table}: {count:,} rows, {size / 1e9:.2f} GB, {parts} parts", highlight=False
        )


def given(asked: int) -> Iterator[dict[str, object]]:
    """What to ask for, so many times."""
    draw = random.Random(1)
    brands, models = range(1, BRANDS + 1), (*MODELS, FULL)
    for n in range(asked):
        [brand] = draw.choices(brands, [1 / number for number in brands])
        since, until = MONTHS[n % len(MONTHS)]
        yield {
            "brand": f"brand-{brand:03}",
            "since": since,
            "until": until,
            "model": models[n % len(models)],
            "days": WINDOWS_DAYS[n % len(WINDOWS_DAYS)],
        }


def _show(client: Client, asked: int) -> None:
    measured = ("p50", "p95", "slowest", "p95 but for brand-001", f"p95 ≤ {TARGET_MS} ms")
    table = Table("query", *(Column(of, justify="right") for of in measured), box=None)
    for question in QUESTIONS:
        drawn = list(given(asked))
        times = [_ms(client, question.query, one) for one in drawn]
        others = [ms for ms, one in zip(times, drawn, strict=True) if one["brand"] != LARGEST]
        shown = (_p(times, 50), _p(times, 95), max(times), _p(others, 95))
        target = ("holds" if _p(times, 95) <= TARGET_MS else "missed") if question.target else ""
        table.add_row(question.name, *(f"{ms:,.0f} ms" for ms in shown), target)
    console.print(table)


def _p(times: Sequence[float], percent: int) -> float:
    return quantiles(times, n=100, method="inclusive")[percent - 1]


def _ms(client: Client, query: str, given: Mapping[str, object]) -> float:
    began = time.perf_counter()
    client.execute(query, given)
    return (time.perf_counter() - began) * 1_000


if __name__ == "__main__":
    main()
