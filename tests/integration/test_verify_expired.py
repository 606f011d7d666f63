"""`zhongcao verify` where Kafka does not hold everything any more: what cannot be compared is counted, and told."""

from collections.abc import Callable
from typing import Any

import pytest
from checked import NOON, Checked
from kafka import TopicPartition

from schemas.errors import BrokerError
from schemas.topics import FORGET_REQUESTS, NOTE_VIEWS, TAOBAO_PURCHASES
from streams.erasure.requests import Request
from streams.partitioning import partition_of
from streams.timeunits import DAY_MS
from verify.reading import SourceTopics, Span

Query = Callable[[str], list[tuple[Any, ...]]]
#: From 17 June on, noon in Shanghai.
DAYS = [NOON + day * DAY_MS for day in range(30)]


def publish(checked: Checked) -> None:
    """A view and an order a day, and a dead letter on the first and the last.

    The views are in batches of which some lie before what is held later, and one only in part.
    """
    views = [(NOTE_VIEWS, "a", checked.view("a", at=at), at) for at in DAYS]
    for batch in (views[:1], views[1:3], views[3:]):
        checked.publish_all(batch)
    orders = ((checked.pay("a", f"t{at}", at), at) for at in DAYS)
    checked.publish_all((TAOBAO_PURCHASES, "a", pay, at) for pay, at in orders)
    checked.publish_all((TAOBAO_PURCHASES, "a", b"junk", at) for at in (DAYS[0], DAYS[-1]))
    checked.work()


def compared(report: dict[str, Any]) -> dict[str, tuple[int, int, str]]:
    return {
        name: (table["compared"], sum(table["left_out"].values()), table["verdict"])
        for name, table in report["tables"].items()
    }


def test_views_have_expired(checked: Checked, query: Query) -> None:
    publish(checked)
    assert checked.verify()["expired"] == []
    checked.cut(NOTE_VIEWS, "a", 5)  # 22 June on is held; an event may lie 24 h after its timestamp
    report = checked.verify()
    assert compared(report) == {
        "touches": (23, 7, "equal"),
        "order_events": (30, 0, "equal"),
        "journeys": (23, 7, "equal"),
        "conversions": (16, 14, "equal"),  # lookback_days is 7
        "dead_letters": (2, 0, "equal"),
    }
    assert {left["part"]: (left["rows"], left["first_day"]) for left in report["expired"]} == {
        "views": (7, "2025-06-24"),
        "journeys": (7, "2025-06-24"),
        "conversions": (14, "2025-07-01"),
    }
    before = ("--since", "2025-06-17", "--until", "2025-06-23")
    found = compared(checked.verify(*before, code=4))
    assert found["order_events"] == (7, 0, "equal")
    assert found["touches"] == found["journeys"] == (0, 7, "nothing compared")
    checked.verify(*before, "--table", "order_events")

    # Nobody can say how they were, but there must have been some: messages of 22 and 23 June are held.
    query("TRUNCATE TABLE journeys")
    assert compared(checked.verify(*before, code=4))["journeys"] == (0, 2, "nothing compared")
    missing = checked.verify(code=3)["tables"]["journeys"]
    assert (missing["compared"], missing["wrong"]["missing"]) == (23, 23)


def test_all_orders_have_expired(checked: Checked, query: Query) -> None:
    publish(checked)
    checked.cut(TAOBAO_PURCHASES, "a", -1)
    assert compared(checked.verify(code=4)) == {
        "touches": (30, 0, "equal"),
        "order_events": (0, 30, "nothing compared"),
        "journeys": (0, 30, "nothing compared"),
        "conversions": (0, 30, "nothing compared"),
        "dead_letters": (0, 2, "nothing compared"),
    }
    config = ("--config", str(checked.workers.config))
    done = checked.zhongcao("verify", *config)
    assert done.returncode == 4
    assert "nothing compared: 30 rows compared, 92 left out" in done.stdout
    assert (
        "To compare order_events of 2025-06-17, the topics must begin at the latest: "
        in done.stdout
    )
    assert "dead_letters: 2 rows are left out: their messages have expired." in done.stdout
    checked.verify("--table", "touches", "--table", "dead_letters")

    # No message has ever been there.
    query("INSERT INTO dead_letters SELECT * REPLACE (99 AS `partition`) FROM dead_letters LIMIT 1")
    letters = checked.verify("--table", "dead_letters", code=3)["tables"]["dead_letters"]
    assert letters["wrong"]["extra"] == 1


def test_rows_of_former_topics(checked: Checked, query: Query) -> None:
    """Raised after topics were rebuilt: what lies before their beginning follows from others."""
    publish(checked)
    query(
        "INSERT INTO dead_letters SELECT * REPLACE (`offset` - 10 AS `offset`) FROM dead_letters LIMIT 1"
    )
    checked.verify("--table", "dead_letters", code=3)
    report = checked.verify(ZHONGCAO_EPOCH="1")
    assert report["tables"]["dead_letters"]["left_out"] == {"former": 1}
    assert compared(report)["touches"] == compared(report)["order_events"] == (28, 2, "equal")


def test_who_was_forgotten_has_no_rows_on_whatever_day(checked: Checked) -> None:
    publish(checked)
    checked.cut(NOTE_VIEWS, "a", 5)
    request = Request.of("a").fulfilled()
    checked.publish(FORGET_REQUESTS, "a", request.to_bytes())
    found = checked.verify(code=3)["tables"]
    assert found["touches"]["wrong"]["extra"] == found["journeys"]["wrong"]["extra"] == 30
    assert "expired" not in found["touches"]["left_out"]


def test_what_expires_while_it_is_read_is_not_passed_over(checked: Checked) -> None:
    checked.publish_all((NOTE_VIEWS, "a", checked.view("a", at=at), at) for at in DAYS)
    with SourceTopics(checked.settings) as topics:
        place = TopicPartition(NOTE_VIEWS, partition_of(b"a", checked.settings.partitions))
        spans = {place: Span(0, len(DAYS))}
        assert sum(map(len, topics.read(spans))) == len(DAYS)
        checked.cut(NOTE_VIEWS, "a", 5)
        with pytest.raises(BrokerError, match="expired while they were read"):
            list(topics.read(spans))
