"""Bad input through a worker into ClickHouse: each with its reason, and nothing around it is harmed."""

import asyncio
from dataclasses import replace

import pytest
from workbench import NOON, Workbench, eventually

from schemas.rejects import Reason
from schemas.topics import LINK_CLICKS, NOTE_SAVES, NOTE_VIEWS, TAOBAO_PURCHASES
from schemas.wire import header
from sinks.connection import ClickHouse
from sinks.memory import MemorySink
from sinks.writer import Writer

DAY = 86_400_000
VIEW = {
    "user_id": "bad",
    "note_id": "n",
    "brand_id": "b",
    "occurred_at": NOON,
    "surface": "SEARCH",
    "promoted": False,
}
SAVE = {"user_id": "bad", "note_id": "n", "brand_id": "b", "occurred_at": NOON, "action": "SAVE"}
CLICK = {
    "user_id": "bad",
    "note_id": "n",
    "brand_id": "b",
    "occurred_at": NOON,
    "click_id": "c",
    "item_id": "i",
    "placement": "NOTE",
}
LINE = {
    "user_id": "bad",
    "brand_id": "b",
    "occurred_at": NOON,
    "txn_id": "t",
    "order_id": "o",
    "sub_order_id": "s",
    "shop_id": "shop",
    "item_id": "i",
    "quantity": 1,
    "kind": "PAY",
    "amount_fen": 100,
}
LONG = "x" * 65

#: (topic, value or record, reason)
BAD: list[tuple[str, bytes | dict[str, object] | None, Reason]] = [
    (NOTE_VIEWS, None, Reason.NOT_WIRE_FORMAT),
    (NOTE_VIEWS, b"", Reason.NOT_WIRE_FORMAT),
    (NOTE_VIEWS, b"\x01\x00\x00\x00\x01rest", Reason.NOT_WIRE_FORMAT),
    (NOTE_VIEWS, header(99) + b"rest", Reason.UNKNOWN_SCHEMA),
    (NOTE_VIEWS, header(2) + b"a schema of another topic", Reason.UNKNOWN_SCHEMA),
    (NOTE_VIEWS, header(1), Reason.UNDECODABLE),
    (NOTE_VIEWS, header(1) + b"\xff" * 40, Reason.UNDECODABLE),
    (TAOBAO_PURCHASES, header(4) + b"junk", Reason.UNDECODABLE),
    (NOTE_VIEWS, VIEW | {"user_id": ""}, Reason.INVALID_FIELD),
    (NOTE_VIEWS, VIEW | {"note_id": LONG}, Reason.INVALID_FIELD),
    (NOTE_SAVES, SAVE | {"brand_id": ""}, Reason.INVALID_FIELD),
    (LINK_CLICKS, CLICK | {"click_id": LONG}, Reason.INVALID_FIELD),
    (LINK_CLICKS, CLICK | {"item_id": ""}, Reason.INVALID_FIELD),
    (TAOBAO_PURCHASES, LINE | {"txn_id": ""}, Reason.INVALID_FIELD),
    (TAOBAO_PURCHASES, LINE | {"click_id": ""}, Reason.INVALID_FIELD),
    (TAOBAO_PURCHASES, LINE | {"amount_fen": -1}, Reason.INVALID_FIELD),
    (TAOBAO_PURCHASES, LINE | {"quantity": 0}, Reason.INVALID_FIELD),
    (TAOBAO_PURCHASES, LINE | {"occurred_at": 0}, Reason.INVALID_FIELD),
    (NOTE_VIEWS, VIEW | {"occurred_at": NOON + DAY + 1}, Reason.FROM_THE_FUTURE),
]
USERS = 30
DUPLICATES = 5


def publish(bench: Workbench) -> int:
    """Good and bad mixed in one partition; how many messages."""
    count = 0

    def append(topic: str, value: bytes | None) -> None:
        nonlocal count
        count += 1
        bench.broker.append(topic, b"key", value, NOON, partition=0)

    def encoded(topic: str, record: dict[str, object]) -> bytes:
        return bench.codec.encode(topic, record)

    for user in range(USERS):
        name = {"user_id": f"u{user}"}
        append(NOTE_VIEWS, encoded(NOTE_VIEWS, VIEW | name))
        own = {"txn_id": f"t{user}", "sub_order_id": f"s{user}", "occurred_at": NOON + 1}
        append(TAOBAO_PURCHASES, encoded(TAOBAO_PURCHASES, LINE | name | own))
        for topic, value, _ in BAD[user : user + 1]:
            append(topic, encoded(topic, value) if isinstance(value, dict) else value)
    for user in range(DUPLICATES):
        append(NOTE_VIEWS, encoded(NOTE_VIEWS, VIEW | {"user_id": f"u{user}"}))
    return count


async def drain(bench: Workbench, sink: Writer | MemorySink, count: int) -> None:
    app = bench.worker(sink)
    await app.start()
    await eventually(lambda: app.processed == count)
    await app.stop()


@pytest.mark.parametrize("batch_records", [1, 3, 20_000])
def test_everything_that_was_consumed_is_somewhere(
    bench: Workbench, fresh_database: ClickHouse, batch_records: int
) -> None:
    bench.settings = replace(bench.settings, batch_records=batch_records)
    count = publish(bench)
    with Writer(fresh_database) as writer:
        asyncio.run(drain(bench, writer, count))
    with fresh_database.client() as client:
        found = client.execute(
            "SELECT topic, reason FROM current_dead_letters ORDER BY topic, reason"
        )
        [(views, lines, conversions)] = client.execute(
            "SELECT (SELECT count() FROM current_touches), (SELECT count() FROM current_order_events),"
            " (SELECT countIf(length(path.kind) = 1) FROM current_conversions)"
        )
    assert found == sorted((topic, str(reason)) for topic, _, reason in BAD)
    assert count == views + lines + len(found) + DUPLICATES
    assert (views, lines, conversions) == (USERS, USERS, USERS)


def test_a_dead_letter_holds_the_message_as_it_came(bench: Workbench) -> None:
    sink = MemorySink()
    asyncio.run(drain(bench, sink, publish(bench)))
    letters = {(row["topic"], row["payload"]) for row in sink.rows("dead_letters")}
    raw = {(topic, value) for topic, value, _ in BAD if not isinstance(value, dict)}
    assert raw <= letters
    assert {row["key"] for row in sink.rows("dead_letters")} == {b"key"}
    assert all(row["detail"] for row in sink.rows("dead_letters"))
