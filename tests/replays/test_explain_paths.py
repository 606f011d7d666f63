"""zhongcao explain says truly what the path of a conversion is made of."""

import json
from typing import Any

import pytest
from cli.commands import Zhongcao

DAY_MS = 86_400_000
PAID_AT = 1_750_000_000_000


def event(topic: str, user: str, days_before: float, **fields: Any) -> str:
    at = PAID_AT - round(days_before * DAY_MS)
    own = {"topic": topic, "user_id": user, "brand_id": "b1", "occurred_at": at, "timestamp": at}
    return json.dumps(own | fields)


def view(user: str, days_before: float) -> str:
    seen = {"note_id": "n1", "surface": "EXPLORE", "promoted": False}
    return event("note-views", user, days_before, **seen)


def paid(user: str, sub_order: str, days_before: float = 0, **fields: Any) -> str:
    ids = {"txn_id": sub_order, "order_id": f"o-{user}", "sub_order_id": sub_order}
    item = {"shop_id": "shop", "item_id": "i1", "quantity": 1, "kind": "PAY", "amount_fen": 900}
    return event("taobao-purchases", user, days_before, **ids, **item, **fields)


EVENTS = [
    event(
        *("link-clicks", "friend", 2),
        **{"note_id": "n2", "click_id": "c9", "item_id": "i1", "placement": "NOTE"},
    ),
    view("buyer", 1),
    paid("buyer", "named", click_id="c9"),
    *(view("fan", 1 + n / 1000) for n in range(501)),
    paid("fan", "long"),
    view("bot", 1),
    paid("bot", "first"),
    paid("bot", "second"),
]
#: The state has forgotten these days when the second comes.
EARLY, LATE = view("early", 100), paid("late", "behind", 60)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Zhongcao:
    """The events were replayed, by workers to whom two sub-orders are more than a person has."""
    zhongcao = Zhongcao(tmp_path_factory.mktemp("explain"))
    replay = ("replay", "-", "--format", "jsonl", "--no-rebuild", "--embedded", "data")
    for events in ([EARLY, *EVENTS], [LATE]):
        done = zhongcao(*replay, stdin="\n".join(events), ZHONGCAO_CROWDED_SUB_ORDERS="1")
        assert done.returncode == 0, done.stderr
    return zhongcao


def stands(shown: str) -> str:
    [line] = [line for line in shown.splitlines() if line.startswith("stands: ")]
    return line.removeprefix("stands: ")


def test_a_click_of_somebody_else_is_named_by_the_order(told: Zhongcao) -> None:
    shown = told.ok("explain", "named", "--embedded", "data")
    assert shown.count("click, named by the order") == 1
    found = json.loads(told.ok("explain", "named", "--json", "--embedded", "data"))["happened"]
    assert [(row["what"], row["evidence"]) for row in found] == [
        ("click", "named"),
        ("view", "own"),
        ("payment", None),
    ]


def test_a_path_that_was_cut_is_no_crowded_user(told: Zhongcao) -> None:
    shown = told.ok("explain", "long", "--embedded", "data")
    assert "There were more touches than a path keeps: the oldest were left out.\n" in shown
    assert stands(shown) == (
        "path of the newest 500 touches, made of 502 events, all of the lookback of 30 days held"
    )
    assert "crowded" not in shown


def test_a_crowded_user_has_no_path(told: Zhongcao) -> None:
    shown = told.ok("explain", "second", "--embedded", "data")
    assert "The user is crowded, with more events than any person has: no path is made." in shown
    assert stands(shown) == "no path, as the user is crowded"
    assert "unknown: no click on this item is held, and not all touches are" in shown


def test_what_was_not_held_is_told(told: Zhongcao) -> None:
    shown = told.ok("explain", "behind", "--embedded", "data")
    assert "Not all touches of the lookback were held" in shown
    assert stands(shown) == (
        "path of 0 touches, made of 1 event, not all of the lookback of 30 days held"
    )
