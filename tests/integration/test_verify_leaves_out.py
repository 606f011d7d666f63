"""What `zhongcao verify` leaves out, and that it says so.

Defined in docs/definitions.md §13.3.
"""

from collections.abc import Callable
from typing import Any

from checked import NOON, Checked

from schemas.codec import Codec
from schemas.registry import DirectoryRegistry
from schemas.topics import LINK_CLICKS, NOTE_VIEWS, TAOBAO_PURCHASES
from streams.timeunits import DAY_MS

Query = Callable[[str], list[tuple[Any, ...]]]
CODEC = Codec(DirectoryRegistry())


def click(user: str, click_id: str, at: int) -> bytes:
    ids = {"note_id": "n", "brand_id": "b", "item_id": "i", "click_id": click_id}
    return CODEC.encode(
        LINK_CLICKS, ids | {"user_id": user, "occurred_at": at, "placement": "NOTE"}
    )


def test_events_that_the_group_may_have_met_in_another_users_message(
    checked: Checked, query: Query
) -> None:
    """Workers may have written what they have not committed, under an identity that a committed message has too."""
    for user in ("a", "b", "c"):
        checked.publish(LINK_CLICKS, user, click(user, f"click of {user}", NOON))
        checked.publish(TAOBAO_PURCHASES, user, checked.pay(user, f"t-{user}", NOON + 1), NOON + 1)
    checked.work()
    # d has the click of a, and e another payment for what b has bought.
    checked.publish(LINK_CLICKS, "d", click("d", "click of a", NOON))
    checked.publish(
        TAOBAO_PURCHASES, "e", checked.pay("e", "t-e", sub_order_id="t-b", occurred_at=NOON)
    )
    of_a = "user_id = 'a' AND kind = 'click'"
    query(f"ALTER TABLE touches DELETE WHERE {of_a} SETTINGS mutations_sync = 2")
    query("ALTER TABLE conversions DELETE WHERE user_id = 'b' SETTINGS mutations_sync = 2")

    report = checked.verify()
    assert report["skipped"] == {"unsettled": 4}
    assert report["tables"]["order_events"]["compared"] == 1
    assert report["tables"]["order_events"]["left_out"] == {"skipped": 2}


def test_dead_letters_of_former_versions(checked: Checked, query: Query) -> None:
    checked.publish(NOTE_VIEWS, "a", checked.view("a"))
    checked.publish_all((NOTE_VIEWS, "a", b"junk", NOON) for _ in range(3))
    checked.work()
    query(
        "INSERT INTO dead_letters SELECT * REPLACE ('too_late' AS reason, `offset` - `offset` AS `offset`) "
        "FROM dead_letters LIMIT 1"
    )
    letters = checked.verify()["tables"]["dead_letters"]
    assert (letters["compared"], letters["left_out"]) == (3, {"too_late": 1})
    told = checked.zhongcao("verify", "--config", str(checked.workers.config)).stdout
    assert "dead_letters: 1 rows are left out: a former version put" in told


def test_events_compared_are_those_of_the_users_and_days(checked: Checked) -> None:
    days = [NOON, NOON + DAY_MS]
    users = [f"u{number}" for number in range(40)]
    checked.publish_all(
        (NOTE_VIEWS, user, checked.view(user, at=at), at) for at in days for user in users
    )
    checked.publish_all(
        (NOTE_VIEWS, key, checked.view("u0", key), NOON) for key in "pqrst"
    )  # scattered
    checked.work()
    for asked, of_users in (((), 39), (("--sample", "3"), None)):
        report = checked.verify(*asked)
        found = report["tables"]["touches"]["found"]
        assert report["compared"][NOTE_VIEWS] == found
        assert of_users is None or found == of_users * len(days)
    report = checked.verify("--since", "2025-06-18")
    assert report["compared"] == {NOTE_VIEWS: 39}
