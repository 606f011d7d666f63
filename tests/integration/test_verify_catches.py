"""What `zhongcao verify` catches, and that it says so where it has looked at nothing."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from checked import NOON, Checked

from schemas.topics import NOTE_VIEWS, TAOBAO_PURCHASES
from streams.timeunits import DAY_MS

Query = Callable[[str], list[tuple[Any, ...]]]
USERS = [f"u{number}" for number in range(20)]
#: The last millisecond of 17 June in Shanghai.
BEFORE_MIDNIGHT = NOON + DAY_MS // 2 - 1


def publish(checked: Checked) -> None:
    """Everybody looks on 17 and pays on 18 June; two messages are junk."""
    at = BEFORE_MIDNIGHT
    checked.publish_all((NOTE_VIEWS, user, checked.view(user, at=at), at) for user in USERS)
    checked.publish_all(
        (TAOBAO_PURCHASES, user, checked.pay(user, f"t-{user}", at + 1), at + 1) for user in USERS
    )
    checked.publish_all((NOTE_VIEWS, "u0", b"junk", NOON) for _ in range(2))
    checked.work()


def wrong(report: dict[str, Any]) -> dict[str, dict[str, int]]:
    """By table, what is not zero."""
    return {
        name: {kind: count for kind, count in table["wrong"].items() if count}
        for name, table in report["tables"].items()
        if any(table["wrong"].values())
    }


def test_what_is_caught(checked: Checked, query: Query) -> None:
    publish(checked)
    counts = {name: table["compared"] for name, table in checked.verify()["tables"].items()}
    rows = dict.fromkeys(("touches", "order_events", "journeys", "conversions"), len(USERS))
    assert counts == rows | {"dead_letters": 2}

    # Another writer; a path and an amount by hand.
    query("INSERT INTO touches SELECT * REPLACE ('OTHER' AS surface) FROM touches LIMIT 1")
    query("INSERT INTO order_events SELECT * REPLACE (1 AS amount_fen) FROM order_events LIMIT 1")
    columns = ("occurred_at", "kind", "note_id", "item_id", "click_id", "promoted", "surface")
    no_path = ", ".join(f"arrayResize(`path.{name}`, 0) AS `path.{name}`" for name in columns)
    query(
        f"INSERT INTO conversions SELECT * REPLACE ({no_path}, version + 1 AS version) FROM conversions LIMIT 1"
    )
    one = {"differing": 1}
    assert wrong(checked.verify(code=3)) == {
        "touches": one,
        "order_events": one,
        "conversions": one,
    }

    query(
        "ALTER TABLE order_events DELETE WHERE substring(user_id, 2) < '15' SETTINGS mutations_sync = 2"
    )
    [(left,)] = query("SELECT count() FROM current_order_events")
    assert 0 < left < len(USERS)
    found = wrong(checked.verify(code=3))
    assert found["order_events"]["missing"] == len(USERS) - left

    query("TRUNCATE TABLE dead_letters")
    query("TRUNCATE TABLE journeys")
    report = checked.verify(code=3)
    assert wrong(report)["journeys"] == {"missing": len(USERS)}
    assert wrong(report)["dead_letters"] == {"missing": 2}
    told = checked.zhongcao("verify", "--config", str(checked.workers.config)).stdout
    [journeys] = [line for line in told.splitlines() if line.strip().startswith("journeys  ")]
    assert journeys.split() == [
        "journeys",
        "20",
        "20",
        "0",
        "20",
        "0",
        "0",
        "0",
        "0",
        "not",
        "equal",
    ]


def test_where_nothing_is_compared(checked: Checked) -> None:
    publish(checked)
    tomorrow = (date.today() + timedelta(days=2)).isoformat()  # noqa: DTZ011
    for nothing in (
        ("--since", tomorrow),
        ("--since", "2025-06-19"),
        ("--until", "2025-06-16"),
        ("--sample", "1000000"),
    ):
        report = checked.verify(*nothing, code=4)
        facts = [table for name, table in report["tables"].items() if name != "dead_letters"]
        assert {table["verdict"] for table in facts} == {"nothing compared"}
    config = ("--config", str(checked.workers.config))
    told = checked.zhongcao("verify", "--since", tomorrow, *config).stdout
    assert f"{tomorrow} lies in the future" in told
    assert "equal" not in told

    half = checked.verify("--since", "2025-06-18", "--until", tomorrow)["tables"]
    assert (half["touches"]["compared"], half["order_events"]["compared"]) == (0, len(USERS))
    day = checked.verify("--since", "2025-06-17", "--until", "2025-06-17")["tables"]
    assert (day["journeys"]["compared"], day["conversions"]["compared"]) == (len(USERS), 0)


def test_a_conversion_that_keeps_a_later_payment(checked: Checked, query: Query) -> None:
    """What was paid before the days that are asked for is in the facts."""
    for at in (BEFORE_MIDNIGHT, BEFORE_MIDNIGHT + 1):
        pay = checked.pay("u", f"t{at}", at, sub_order_id="one")
        checked.publish(TAOBAO_PURCHASES, "u", pay, at)
    checked.work()
    since = ("--since", "2025-06-18")
    found = checked.verify(*since)["tables"]
    assert (found["order_events"]["compared"], found["conversions"]["compared"]) == (1, 0)
    query(
        "INSERT INTO conversions SELECT * REPLACE (paid_at + INTERVAL 1 MILLISECOND AS paid_at, version + 1 AS version)"
        " FROM conversions FINAL"
    )
    assert wrong(checked.verify(*since, code=3)) == {"conversions": {"extra": 1}}


def test_a_crowd_is_believed_where_not_all_of_it_was_read(checked: Checked, query: Query) -> None:
    publish(checked)
    columns = ("occurred_at", "kind", "note_id", "item_id", "click_id", "promoted", "surface")
    no_path = ", ".join(f"arrayResize(`path.{name}`, 0) AS `path.{name}`" for name in columns)
    query(
        f"INSERT INTO conversions SELECT * REPLACE ({no_path}, true AS path_truncated, version + 1 AS version)"
        " FROM conversions LIMIT 1"
    )
    assert wrong(checked.verify(code=3)) == {"conversions": {"differing": 1}}
    found = checked.verify("--since", "2025-06-18")["tables"]["conversions"]
    assert (found["compared"], found["left_out"]) == (len(USERS) - 1, {"crowded": 1})


def test_the_group_has_not_come_to_the_end(checked: Checked) -> None:
    publish(checked)
    checked.publish_all((NOTE_VIEWS, user, checked.view(user, "m"), NOON) for user in USERS)
    report = checked.verify(code=4)
    assert report["unread"] == {NOTE_VIEWS: len(USERS)}
    assert report["skipped"] == {"unsettled": len(USERS)}
    assert report["tables"]["touches"]["left_out"] == {"skipped": len(USERS)}
