"""`zhongcao verify` and events that came when the state held no more of what they belong to, until a rebuild."""

from collections.abc import Callable
from typing import Any

from checked import NOON, Checked

from schemas.codec import Codec
from schemas.registry import DirectoryRegistry
from schemas.topics import LINK_CLICKS, NOTE_VIEWS, TAOBAO_PURCHASES
from streams.timeunits import DAY_MS

Query = Callable[[str], list[tuple[Any, ...]]]
CODEC = Codec(DirectoryRegistry())
#: Far enough for the state to forget NOON.
LATER = NOON + 120 * DAY_MS


def click(user: str, click_id: str, at: int) -> bytes:
    ids = {"note_id": "n", "brand_id": "b", "item_id": "i", "click_id": click_id}
    return CODEC.encode(
        LINK_CLICKS, ids | {"user_id": user, "occurred_at": at, "placement": "NOTE"}
    )


def publish(checked: Checked) -> None:
    """a and b look and pay, much later somebody else does, and then a's views of the day before come."""
    for user in ("a", "b"):
        checked.publish(NOTE_VIEWS, user, checked.view(user))
        checked.publish(TAOBAO_PURCHASES, user, checked.pay(user, f"t-{user}", NOON + 1), NOON + 1)
    checked.work()
    far = [f"u{number}" for number in range(20)]
    checked.publish_all((NOTE_VIEWS, user, checked.view(user, at=LATER), LATER) for user in far)
    checked.work()
    late = [NOON - DAY_MS, NOON - DAY_MS + 1]
    checked.publish_all((NOTE_VIEWS, "a", checked.view("a", at=at), at) for at in late)
    checked.work()


def conversions(report: dict[str, Any]) -> tuple[int, dict[str, int]]:
    table = report["tables"]["conversions"]
    return table["compared"], table["left_out"]


def test_rows_that_lack_late_events_are_counted_until_a_rebuild(
    checked: Checked, query: Query
) -> None:
    publish(checked)
    report = checked.verify()
    assert report["too_late"][NOTE_VIEWS] == 2
    assert conversions(report) == (1, {"late": 1})
    # Of the day before, where a came to buy nothing as far as the state knows.
    assert report["tables"]["journeys"]["left_out"] == {"late": 1}
    assert not any(report["published_unknown"].values())
    config = ("--config", str(checked.workers.config))
    told = checked.zhongcao("verify", *config).stdout
    assert "conversions: 1 rows are left out: they lack events that were too late" in told
    assert "zhongcao rebuild --late" in told

    checked.zhongcao.ok("rebuild", "--late", *config)
    report = checked.verify()
    assert conversions(report) == (2, {})
    query("TRUNCATE TABLE rebuilds")
    assert conversions(checked.verify()) == (2, {})


def test_what_lies_elsewhere_is_wrong_however_late(checked: Checked, query: Query) -> None:
    publish(checked)
    lacking = "SELECT * REPLACE ({}) FROM conversions FINAL WHERE user_id = '{}'"
    events = "bitShiftLeft(toUInt128({}), 17)"
    for user, wrong in (
        ("a", f"version + {events.format(2)} AS version"),  # more than there are
        ("a", f"version + {events.format(1)} AS version, 'x' AS item_id"),
        ("b", "path_incomplete OR true AS path_incomplete, version + 1 AS version"),
    ):
        query("CREATE TABLE kept ENGINE = Memory AS SELECT * FROM conversions FINAL")
        query(f"INSERT INTO conversions {lacking.format(wrong, user)}")
        found = checked.verify(code=3)["tables"]["conversions"]
        assert found["wrong"]["differing"] == 1, wrong
        query("TRUNCATE TABLE conversions")
        query("INSERT INTO conversions SELECT * FROM kept")
        query("DROP TABLE kept")
    checked.verify()

    # Less than without what was late.
    query("CREATE TABLE kept ENGINE = Memory AS SELECT * FROM conversions FINAL")
    query("TRUNCATE TABLE conversions")
    fewer = f"version - {events.format(1)} AS version"
    query(f"INSERT INTO conversions SELECT * REPLACE ({fewer}) FROM kept WHERE user_id = 'a'")
    found = checked.verify(code=3)["tables"]["conversions"]["wrong"]
    assert (found["differing"], found["missing"]) == (1, 1)


def test_rows_of_a_former_version_are_counted(checked: Checked, query: Query) -> None:
    """What it wrote does not say when it was published, and versions have less than all events."""
    publish(checked)
    query("CREATE TABLE kept ENGINE = Memory AS SELECT * FROM touches FINAL")
    query("TRUNCATE TABLE touches")
    at = "fromUnixTimestamp64Milli(toInt64(0), 'Asia/Shanghai') AS published_at"
    query(f"INSERT INTO touches SELECT * REPLACE ({at}) FROM kept WHERE user_id IN ('a', 'b')")
    query("INSERT INTO touches SELECT * FROM kept WHERE user_id NOT IN ('a', 'b')")
    query("DROP TABLE kept")
    report = checked.verify()
    assert report["published_unknown"][NOTE_VIEWS] == 4
    told = checked.zhongcao("verify", "--config", str(checked.workers.config)).stdout
    assert "not compared, of these events: 4 of note-views." in told


def test_ids_that_are_stamped_again_are_no_conflict(checked: Checked, query: Query) -> None:
    for at in (NOON + 5, NOON, NOON + 9):
        checked.publish(LINK_CLICKS, "a", click("a", "c", at), at)
    for at in (NOON + 30, NOON + 20):
        checked.publish(TAOBAO_PURCHASES, "a", checked.pay("a", "t", at), at)
    refund = checked.pay("a", "t", NOON + 40, kind="REFUND")
    checked.publish(TAOBAO_PURCHASES, "a", refund, NOON + 40)
    checked.work()
    report = checked.verify()
    assert not report["skipped"]
    compared = {name: table["compared"] for name, table in report["tables"].items()}
    assert compared == {
        "touches": 3,
        "order_events": 2,
        "journeys": 0,
        "conversions": 1,
        "dead_letters": 0,
    }
    query(
        "INSERT INTO order_events SELECT * REPLACE (occurred_at - 1 AS occurred_at) FROM order_events FINAL"
        " WHERE kind = 'PAY'"
    )
    wrong = checked.verify(code=3)["tables"]["order_events"]["wrong"]
    assert wrong["differing"] == 1
