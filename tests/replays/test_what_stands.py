"""Of the rows of a sub-order the fullest stands, and no row says what it cannot know.

Defined in docs/definitions.md §4.5, §4.7.
"""

import shutil
from pathlib import Path

import pytest
from cli.commands import Zhongcao
from cli.event_lines import NOON, PAY, VIEW
from replays.test_stamped_again import CLICK, DAY, replay

SAVE = {
    "topic": "note-saves",
    "user_id": "u1",
    "note_id": "n1",
    "brand_id": "b1",
    "occurred_at": NOON - 10_000,
    "action": "SAVE",
}
TOUCHES = [VIEW | {"occurred_at": NOON - 20_000}, SAVE, CLICK]
LATER = PAY | {"occurred_at": NOON + 20 * DAY}


def test_topics_that_hold_the_last_days_only(zhongcao: Zhongcao, tmp_path: Path) -> None:
    """They are read with an empty state, which knows nothing of what led to the order."""
    replay(zhongcao, *TOUCHES, LATER)
    whole = zhongcao.sql("data", "SELECT * FROM conversions FINAL")
    shutil.rmtree(tmp_path / "data/state")
    replay(zhongcao, LATER, ZHONGCAO_EPOCH="1")
    rows = "SELECT path.kind, path_incomplete FROM conversions FINAL"
    assert [path for path, _ in zhongcao.sql("data", rows)] == ["['view','save','click']"]
    assert zhongcao.sql("data", "SELECT * FROM conversions FINAL") == whole


def test_a_click_that_is_cut_from_a_path_is_still_known(zhongcao: Zhongcao) -> None:
    views = [VIEW | {"occurred_at": NOON + second} for second in range(500)]
    replay(zhongcao, CLICK, *views, PAY | {"occurred_at": NOON + 1_000})
    row = "path_truncated, length(path.kind), has(path.kind, 'click'), toUnixTimestamp64Milli(assumeNotNull({}))"
    for column in ("newest_click_at", "newest_item_click_at"):
        [(cut, length, kept, at)] = zhongcao.sql(
            "data", f"SELECT {row.format(column)} FROM conversions FINAL"
        )
        assert (cut, length, kept, at) == ("true", "500", "0", str(NOON - 5_000))


@pytest.mark.parametrize("late", [*TOUCHES, LATER])
def test_what_comes_last_is_in_the_rows_all_the_same(
    zhongcao: Zhongcao, late: dict[str, object]
) -> None:
    """It is too late, and the state still holds what it belongs to."""
    far = [
        {**event, "brand_id": "b2", "occurred_at": NOON + 25 * DAY, **other}
        for event, other in ((VIEW, {}), (PAY, {"sub_order_id": "s2", "txn_id": "t2"}))
    ]
    others = [event for event in (*TOUCHES, LATER) if event is not late]
    replay(zhongcao, *others, *far)
    replay(zhongcao, late, rebuild=False)
    [(path, incomplete)] = zhongcao.sql(
        "data", "SELECT path.kind, path_incomplete FROM conversions FINAL WHERE brand_id = 'b1'"
    )
    assert (path, incomplete) == ("['view','save','click']", "false")
    times = "entered_at, saved_at, clicked_at, purchased_at, chain_purchased_at"
    [found] = zhongcao.sql("data", f"SELECT {times} FROM current_journeys WHERE brand_id = 'b1'")
    assert "\\N" not in found
    facts = "SELECT too_late FROM touches UNION ALL SELECT too_late FROM order_events"
    assert ("true",) in zhongcao.sql("data", facts)
