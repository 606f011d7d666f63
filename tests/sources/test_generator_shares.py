"""What is asked for is what comes."""

from collections import Counter
from typing import Any

import pytest

from schemas.topics import LINK_CLICKS, NOTE_SAVES, SOURCE_TOPICS, TAOBAO_PURCHASES, SourceEvent
from sources.generator import Traffic, generate

Record = dict[str, Any]


@pytest.mark.parametrize(
    "traffic",
    [
        Traffic(events=100_000),
        Traffic(events=20_000, duplicate_share=0.5, junk_share=0.2),
        Traffic(events=20_000, days=1, late_share=0),
        Traffic(events=20_000, users=10, notes=12, late_share=0),
        Traffic(events=20_000, save_share=0.2, click_share=0.2, order_share=0.1),
    ],
    ids=["default", "again_and_junk", "one_day", "tiny_world", "few_views"],
)
def test_the_number_of_events(traffic: Traffic) -> None:
    assert sum(1 for _ in generate(traffic)) == pytest.approx(traffic.events, rel=0.01)


def test_the_topics(traffic: Traffic, records: dict[str, list[Record]]) -> None:
    total = sum(map(len, records.values()))
    share = {topic: len(records[topic]) / total for topic in SOURCE_TOPICS}
    assert share[NOTE_SAVES] == pytest.approx(traffic.save_share, rel=0.02)
    assert share[LINK_CLICKS] == pytest.approx(traffic.click_share, rel=0.02)
    assert share[TAOBAO_PURCHASES] == pytest.approx(traffic.order_share, rel=0.02)


def test_unsaves(traffic: Traffic, saves: list[Record]) -> None:
    actions = Counter(save["action"] for save in saves)
    assert actions["UNSAVE"] / actions["SAVE"] == pytest.approx(traffic.unsave_share, rel=0.05)


def test_refunds_and_deposits(traffic: Traffic, sub_orders: dict[str, list[Record]]) -> None:
    kinds = [Counter(change["kind"] for change in line) for line in sub_orders.values()]
    refunded = sum(kind["REFUND"] > 0 for kind in kinds) / len(kinds)
    in_parts = sum(kind["PAY"] == 2 for kind in kinds) / len(kinds)
    assert refunded == pytest.approx(traffic.refund_share, rel=0.05)
    assert in_parts == pytest.approx(traffic.deposit_share, rel=0.05)


def test_orders_of_several_lines(traffic: Traffic, sub_orders: dict[str, list[Record]]) -> None:
    lines = Counter(changes[0]["order_id"] for changes in sub_orders.values())
    several = sum(count > 1 for count in lines.values()) / len(lines)
    assert several == pytest.approx(traffic.multi_line_share, rel=0.2)
    assert max(lines.values()) <= 4


def test_direct_orders(traffic: Traffic, sub_orders: dict[str, list[Record]]) -> None:
    orders = {line[0]["order_id"] for line in sub_orders.values()}
    direct = {line[0]["order_id"] for line in sub_orders.values() if line[0]["click_id"]}
    expected = (1 - traffic.organic_share) * traffic.direct_share
    assert len(direct) / len(orders) == pytest.approx(expected, rel=0.02)


def test_duplicates_are_the_same_and_later(traffic: Traffic, arrived: list[SourceEvent]) -> None:
    first: dict[tuple[Any, ...], SourceEvent] = {}
    again = 0
    for event in arrived:
        identity = (event.topic, *event.record.values())
        earlier = first.setdefault(identity, event)
        if earlier is not event:
            again += 1
            assert earlier.record == event.record
            assert earlier.record is not event.record
            assert earlier.timestamp is not None
            assert event.timestamp is not None
            assert earlier.timestamp < event.timestamp
    assert again / len(first) == pytest.approx(traffic.duplicate_share, rel=0.02)
