import pytest
from sink_rows import block


@pytest.fixture
def shop(writer):
    """Puts sub-orders into the tables."""

    def put(*sub_orders):
        writer.insert(block("conversions", *(conversion for conversion, _ in sub_orders)))
        writer.insert(block("order_events", *(row for _, events in sub_orders for row in events)))

    return put
