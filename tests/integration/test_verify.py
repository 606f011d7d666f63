"""`zhongcao verify` on a real broker: equal where all is well, and what is wrong where it is not."""

import time
from collections.abc import Callable
from typing import Any

from checked import NOON, Checked

from schemas.rejects import Reason
from schemas.topics import NOTE_VIEWS
from schemas.wire import header
from streams.partitioning import partition_of
from streams.timeunits import DAY_MS
from verify.tables import TABLES

Query = Callable[[str], list[tuple[Any, ...]]]


def test_equal_and_then_not(checked: Checked, query: Query) -> None:
    config = str(checked.workers.config)
    checked.zhongcao.ok(
        *("generate", "--events", "8000", "--output", "events.jsonl"),
        *("--duplicate-share", "0.05", "--late-share", "0.05"),
    )
    checked.zhongcao.ok("replay", "events.jsonl", "--format", "jsonl", "--config", config)
    for value in (None, b"", b"junk", header(99) + b"x", header(1) + b"x", header(2) + b"x"):
        checked.publish(NOTE_VIEWS, "bad", value)
    checked.publish(NOTE_VIEWS, "bad", checked.view("x" * 65))
    checked.publish(NOTE_VIEWS, "bad", checked.view("bad", at=NOON + 2 * DAY_MS))
    checked.work()
    checked.publish(NOTE_VIEWS, "late", checked.view("late"))  # the generator's days end in July
    checked.work()

    report = checked.verify()
    assert not report["skipped"]
    # What is too large is in test_oversized; a broker takes neither of the others.
    elsewhere = {Reason.OVERSIZED, Reason.DAMAGED_BATCH, Reason.NO_TIMESTAMP}
    assert set(report["dead_letters"]) == {*Reason} - elsewhere
    found = {name: table["found"] for name, table in report["tables"].items()}
    assert all(count > 10 for name, count in found.items() if name != "dead_letters")
    assert found == {
        name: rows
        for name in found
        for ((rows,),) in [query(f"SELECT count() FROM {TABLES[name].source}")]
    }
    facts = "(SELECT too_late FROM touches FINAL UNION ALL SELECT too_late FROM order_events FINAL)"
    [(late,)] = query(f"SELECT countIf(too_late) FROM {facts}")
    assert sum(report["too_late"].values()) == late > 0

    some = checked.verify("--sample", "5")
    assert 0 < some["tables"]["touches"]["found"] < found["touches"] / 3
    day = query("SELECT toString(min(day) + 20) FROM current_touches")[0][0]
    later = checked.verify("--since", day, "--until", day)
    assert 0 < later["tables"]["journeys"]["found"] < found["journeys"] / 10

    harm(query)
    wrong = checked.verify(code=3)["tables"]
    assert {name: (t["wrong"], len(t["examples"])) for name, t in wrong.items()} == {
        "touches": ({"missing": 1, "extra": 1, "differing": 0, "doubled": 0}, 2),
        "order_events": ({"missing": 0, "extra": 0, "differing": 1, "doubled": 0}, 1),
        "journeys": ({"missing": 0, "extra": 1, "differing": 0, "doubled": 0}, 1),
        "conversions": ({"missing": 0, "extra": 0, "differing": 1, "doubled": 0}, 1),
        "dead_letters": ({"missing": 1, "extra": 1, "differing": 0, "doubled": 0}, 2),
    }
    told = checked.zhongcao("verify", "--config", config)
    assert told.returncode == 3
    assert "not equal" in told.stdout
    assert "item_id: expected" in told.stdout
    assert query("SELECT count() FROM system.databases WHERE name LIKE '%_verify_%'") == [(0,)]


def harm(query: Query) -> None:
    """An event and a dead letter are lost, a view and a dead letter invented, an order and a conversion are wrong."""
    lost = "ALTER TABLE {} DELETE WHERE {} SETTINGS mutations_sync = 2"
    # Not by a subquery: each part would ask its own, and some after the event was deleted from others.
    event = "sipHash64(brand_id, note_id, user_id, occurred_at)"
    ((one,),) = query(f"SELECT min({event}) FROM touches WHERE kind = 'unsave'")
    query(lost.format("touches", f"kind = 'unsave' AND {event} = {one}"))
    query(lost.format("dead_letters", f"reason = '{Reason.FROM_THE_FUTURE}'"))
    query(
        "INSERT INTO touches SELECT * REPLACE ('x' AS user_id) FROM touches "
        "WHERE kind = 'view' AND NOT too_late LIMIT 1"
    )
    query(
        "INSERT INTO dead_letters SELECT * REPLACE (0 AS offset) FROM dead_letters "
        f"WHERE reason = '{Reason.UNDECODABLE}'"
    )
    query(
        "INSERT INTO order_events SELECT * REPLACE (amount_fen + 1 AS amount_fen) FROM order_events LIMIT 1"
    )
    query(
        "INSERT INTO conversions SELECT * REPLACE ('x' AS item_id, version + 1 AS version) "
        "FROM conversions FINAL LIMIT 1"
    )


def test_users_whose_events_are_not_settled_are_left_out(checked: Checked) -> None:
    for user in ("a", "b", "c"):
        checked.publish(NOTE_VIEWS, user, checked.view(user))
    checked.work()
    checked.publish(NOTE_VIEWS, "b", checked.view("b", "m"))
    report = checked.verify()
    assert report["skipped"] == {"unsettled": 1}
    assert report["records"][NOTE_VIEWS] == 3
    assert report["tables"]["touches"]["found"] == 2


def test_a_refusal_is_believed_where_it_can_have_been_one(checked: Checked, query: Query) -> None:
    """Only the worker knows what time it was when it read a message."""
    now = int(time.time() * 1000)
    checked.publish(NOTE_VIEWS, "a", checked.view("a", at=now), now)
    ahead = now + DAY_MS // 24 - 60_000
    checked.publish(NOTE_VIEWS, "b", checked.view("b", at=ahead + DAY_MS), ahead)
    checked.work()
    report = checked.verify()
    assert report["dead_letters"] == {Reason.FROM_THE_FUTURE: 1}
    assert report["tables"]["touches"]["found"] == 1

    # Delivered again in its time, as by whoever reads the topic from the beginning, it is taken.
    at = f"fromUnixTimestamp64Milli({ahead + DAY_MS}, 'Asia/Shanghai')"
    published = f"fromUnixTimestamp64Milli({ahead}, 'Asia/Shanghai') AS published_at"
    taken = f"'b' AS user_id, {at} AS occurred_at, toDate({at}) AS day, {published}"
    query(f"INSERT INTO touches SELECT * REPLACE ({taken}) FROM touches")
    report = checked.verify()
    assert report["tables"]["touches"]["found"] == report["tables"]["journeys"]["found"] == 2

    honest = f"0 AS `offset`, {partition_of(b'a', 2)} AS `partition`"
    query(f"INSERT INTO dead_letters SELECT * REPLACE ({honest}) FROM dead_letters")
    wrong = checked.verify(code=3)["tables"]["dead_letters"]["wrong"]
    assert wrong["extra"] == 1


def test_producers_errors_are_told_and_their_users_left_out(checked: Checked) -> None:
    checked.publish(NOTE_VIEWS, "a", checked.view("a"))
    checked.publish(NOTE_VIEWS, "a", checked.view("a", promoted=True))
    checked.publish(NOTE_VIEWS, "f", checked.view("f"))
    checked.work()
    # A first worker would not start on these.
    for key in ("b", "c", "d", "e"):
        checked.publish(NOTE_VIEWS, key, checked.view("b", key))
    checked.work()
    report = checked.verify()
    assert report["skipped"] == {"conflicting": 1, "scattered": 1}
    assert report["tables"]["touches"]["found"] == 1
    told = checked.zhongcao("verify", "--config", str(checked.workers.config)).stdout
    assert "1 users are left out: they have an event that was published with two contents." in told
