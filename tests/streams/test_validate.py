"""The rules of the fields, at their bounds.

Defined in docs/definitions.md §1.1, §1.7, §11.1.
"""

from dataclasses import replace

import pytest
from one_partition import OnePartition
from oracle.records import DAY, at, but, click, pay, save, view

T = at("2024-06-18 20:00")
IDS = {
    view: ["user_id", "note_id", "brand_id"],
    save: ["user_id", "note_id", "brand_id"],
    click: ["user_id", "note_id", "brand_id", "click_id", "item_id"],
    pay: [
        "user_id",
        "txn_id",
        "order_id",
        "sub_order_id",
        "shop_id",
        "brand_id",
        "item_id",
        "click_id",
    ],
}


@pytest.mark.parametrize(
    ("event", "name"), [(event, name) for event, names in IDS.items() for name in names]
)
def test_ids_have_1_to_64_characters(partition: OnePartition, event, name: str) -> None:
    partition.feed(*(but(event(T), **{name: "用" * length}) for length in (1, 64)))
    assert partition.reasons == []
    partition.feed(*(but(event(T), **{name: "用" * length}) for length in (0, 65)))
    assert partition.reasons == ["invalid_field"] * 2
    details = [row["detail"] for row in partition.sink.rows("dead_letters")]
    assert details == [f"{name} is empty", f"{name} is longer than 64 characters"]


@pytest.mark.parametrize(
    ("fields", "reasons"),
    [
        ({"amount_fen": 0}, []),
        ({"amount_fen": 10**13}, []),
        ({"amount_fen": 10**13 + 1}, ["invalid_field"]),
        ({"amount_fen": 2**63 - 1}, ["invalid_field"]),
        ({"amount_fen": -1}, ["invalid_field"]),
        ({"quantity": 1}, []),
        ({"quantity": 0}, ["invalid_field"]),
        ({"quantity": -1}, ["invalid_field"]),
        ({"click_id": None}, []),
    ],
)
def test_order_lines(partition: OnePartition, fields, reasons) -> None:
    partition.feed(pay(T, **fields))
    assert partition.reasons == reasons
    assert len(partition.sink.rows("order_events")) == 1 - len(reasons)


@pytest.mark.parametrize(("dwell_ms", "reasons"), [(None, []), (0, []), (-1, ["invalid_field"])])
def test_time_spent(partition: OnePartition, dwell_ms, reasons) -> None:
    partition.feed(view(T, dwell_ms=dwell_ms))
    assert partition.reasons == reasons


@pytest.mark.parametrize(
    ("event", "name", "reasons"),
    [
        (view, "surface", []),
        (click, "placement", []),
        (save, "action", ["invalid_field"]),
        (pay, "kind", ["invalid_field"]),
    ],
)
def test_what_is_newer_than_the_contract_is_no_money(
    partition: OnePartition, event, name: str, reasons: list[str]
) -> None:
    partition.feed(but(event(T), **{name: "OTHER"}))
    assert partition.reasons == reasons
    assert len(partition.sink.rows("touches")) == 1 - len(reasons)
    assert partition.sink.rows("order_events") == []
    details = [row["detail"] for row in partition.sink.rows("dead_letters")]
    assert details == [f"{name} is OTHER: what it does is not known" for _ in reasons]


@pytest.mark.parametrize(
    ("occurred_at", "reasons"),
    [
        (at("1992-01-01 00:00") - 1, ["invalid_field"]),
        (at("1992-01-01 00:00"), []),
        (at("2099-12-31 23:59:59.999"), []),
        (at("2100-01-01 00:00"), ["invalid_field"]),
        (-1, ["invalid_field"]),
        (2**63 - 1, ["invalid_field"]),
    ],
)
def test_years(partition: OnePartition, occurred_at: int, reasons: list[str]) -> None:
    partition.now_ms = at("2100-01-01 00:00")
    partition.feed(view(occurred_at))
    assert partition.reasons == reasons


@pytest.mark.parametrize(("factor", "unit"), [(0.001, "seconds"), (1000, "microseconds")])
def test_another_unit_is_named(partition: OnePartition, factor: float, unit: str) -> None:
    partition.feed(view(round(T * factor)))
    [letter] = partition.sink.rows("dead_letters")
    assert letter["detail"].endswith(f"is it in {unit}?")


@pytest.mark.parametrize(
    ("ahead", "reasons"), [(0, []), (DAY, []), (DAY + 1, ["from_the_future"]), (-400 * DAY, [])]
)
def test_no_more_than_a_day_after_the_kafka_timestamp(partition, ahead, reasons) -> None:
    partition.feed(replace(view(T + ahead), timestamp=T))
    assert partition.reasons == reasons


@pytest.mark.parametrize("timestamp", [-1, -(2**63)])
@pytest.mark.parametrize("occurred_at", [T, at("2099-12-31 23:59:59.999")])
def test_a_record_without_a_kafka_timestamp(partition, timestamp: int, occurred_at: int) -> None:
    partition.feed(replace(view(occurred_at), timestamp=timestamp))
    [letter] = partition.sink.rows("dead_letters")
    assert (letter["reason"], letter["detail"]) == ("no_timestamp", "it has no Kafka timestamp")
    assert letter["kafka_timestamp"] == -1


def test_a_bad_message_stops_nothing_and_keeps_its_place(partition: OnePartition) -> None:
    partition.feed(view(T), view(T + 1, brand_id=""), view(T + 2))
    [letter] = partition.sink.rows("dead_letters")
    place = (letter["topic"], letter["partition"], letter["offset"], letter["kafka_timestamp"])
    assert place == ("note-views", 0, 1, T + 1)
    assert letter["key"] == b"u1"
    assert [row["occurred_at"] for row in partition.sink.rows("touches")] == [T, T + 2]
