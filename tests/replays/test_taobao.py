"""The public Taobao sample: counts that are known from elsewhere, and the same tables in any order."""

from pathlib import Path

import pytest
from cli.commands import Zhongcao

SAMPLE = Path(__file__).parents[3] / "shared/data/taobao-user-behavior-100k.csv.gz"

pytestmark = pytest.mark.skipif(not SAMPLE.exists(), reason=f"the sample {SAMPLE.name} is not here")

BOUGHT_AFTER_CART = """
WITH
    carted AS (
        SELECT user_id, item_id, min(occurred_at) AS first_at FROM current_touches
        WHERE kind = 'click' AND day BETWEEN '2017-11-25' AND '2017-12-03' GROUP BY user_id, item_id
    ),
    paid AS (
        SELECT user_id, item_id, max(occurred_at) AS last_at FROM current_order_events
        WHERE kind = 'PAY' AND toDate(occurred_at) BETWEEN '2017-11-25' AND '2017-12-03'
        GROUP BY user_id, item_id
    )
SELECT countIf(last_at >= first_at), count() FROM carted LEFT JOIN paid USING (user_id, item_id)
"""

TABLES = {
    # The file does not say when it was published.
    "touches": "* EXCEPT published_at",
    "order_events": "* EXCEPT published_at",
    "journeys": "*",
    "conversions": "*",
    "dead_letters": "topic, reason",
}


def replay(zhongcao: Zhongcao, folder: str, *options: str) -> None:
    zhongcao.ok(
        "replay", str(SAMPLE), "--format", "taobao-userbehavior", "--embedded", folder, *options
    )


def digests(zhongcao: Zhongcao, folder: str) -> dict[str, tuple[str, ...]]:
    return {
        table: zhongcao.sql(
            folder,
            "SELECT count(), sum(sipHash64(toString(tuple(*))))"
            f" FROM (SELECT {columns} FROM {table} FINAL)",
        )[0]
        for table, columns in TABLES.items()
    }


def test_sorted_and_unsorted_replays_agree_and_a_second_one_changes_nothing(
    zhongcao: Zhongcao,
) -> None:
    replay(zhongcao, "sorted", "--sort", "time")
    counts = "SELECT (SELECT count() FROM touches), (SELECT count() FROM order_events)"
    assert zhongcao.sql("sorted", counts) == [("97900", "2101")]
    assert zhongcao.sql("sorted", BOUGHT_AFTER_CART) == [("320", "5284")]

    any_order = ("--sort", "none", "--allowed-lateness-days", "120")
    replay(zhongcao, "unsorted", *any_order)
    first = digests(zhongcao, "unsorted")
    assert first == digests(zhongcao, "sorted")
    assert first["conversions"][0] == "2101"
    assert first["dead_letters"][0] == "0"

    replay(zhongcao, "unsorted", *any_order)
    assert digests(zhongcao, "unsorted") == first
