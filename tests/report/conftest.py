"""Rows in the tables, and a report about them."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sink_rows import block

from report.figures import Figures, figures_of
from sinks.connection import ClickHouse
from sinks.writer import Writer

Rows = list[dict[str, Any]]


@pytest.fixture
def shop(writer: Writer) -> Callable[..., None]:
    """Puts sub-orders into the tables."""

    def put(*sub_orders: tuple[dict[str, Any], Rows]) -> None:
        writer.insert(block("conversions", *(conversion for conversion, _ in sub_orders)))
        writer.insert(block("order_events", *(row for _, events in sub_orders for row in events)))

    return put


@pytest.fixture
def reported(fresh_database: ClickHouse) -> Callable[..., Figures]:
    """The figures of brand b; by default of 2025-06-10 to 2025-06-20, a week."""

    def ask(
        since: date | None = date(2025, 6, 10),
        until: date | None = date(2025, 6, 20),
        days: int | None = 7,
        brand: str = "b",
        usual_days: int = 30,
    ) -> Figures:
        return figures_of(fresh_database, brand, since, until, days, usual_days)

    return ask
