"""A group that begins where Kafka has forgotten the first messages: its rows may lack some, and say so for ever."""

from collections.abc import Callable
from typing import Any

from checked import NOON, Checked

from rebuild import Scope, rebuild
from schemas.topics import NOTE_VIEWS, TAOBAO_PURCHASES
from sinks.connection import ClickHouse
from streams.timeunits import DAY_MS

Query = Callable[[str], list[tuple[Any, ...]]]
#: A view a day; the first five are forgotten before anybody reads.
DAYS = [NOON + day * DAY_MS for day in range(20)]
ORDERS = "SELECT sub_order_id, path_incomplete, length(`path.kind`) FROM conversions FINAL ORDER BY sub_order_id"
UNREAD = "SELECT topic, sum(expired_unread) AS n FROM progress FINAL GROUP BY topic HAVING n > 0"


def test_a_rebuild_knows_it_too(checked: Checked, fresh_database: ClickHouse, query: Query) -> None:
    checked.publish_all((NOTE_VIEWS, "a", checked.view("a", at=at), at) for at in DAYS)
    checked.cut(NOTE_VIEWS, "a", 5)
    for txn, at in (("early", DAYS[6] + 1), ("late", DAYS[19] + 1)):
        checked.publish(TAOBAO_PURCHASES, "a", checked.pay("a", txn, at), at)
    checked.work()
    rows = [("early", True, 2), ("late", False, 7)]
    assert query(ORDERS) == rows
    assert query(UNREAD) == [(NOTE_VIEWS, 5)]

    query("TRUNCATE TABLE conversions")
    rebuild(checked.settings, fresh_database, Scope())
    assert query(ORDERS) == rows

    # Whoever goes on has read what was before.
    checked.publish(NOTE_VIEWS, "a", checked.view("a", note="m", at=DAYS[19]), DAYS[19])
    checked.work()
    assert query(UNREAD) == [(NOTE_VIEWS, 5)]
