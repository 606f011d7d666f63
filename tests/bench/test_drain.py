"""The drain measures what it says: the right rows, and what they are to be compared with."""

from pathlib import Path

import pytest

from bench.drain.__main__ import Standing
from bench.drain.contestants import Drained, Program
from bench.drain.plot import draw
from bench.drain.targets import targets
from bench.drain.traffic import Join, Row, newest, share
from bench.measured import Cost
from schemas.topics import LINK_CLICKS, NOTE_SAVES, NOTE_VIEWS, TAOBAO_PURCHASES, SourceEvent

DAY_MS = 86_400_000


def event(topic: str, at: int, user: str = "u", brand: str = "b", **fields: object) -> SourceEvent:
    record = {"user_id": user, "brand_id": brand, "note_id": "n", "occurred_at": at, **fields}
    return SourceEvent(topic, record, None)


def joined(*events: SourceEvent) -> set[Row]:
    join = Join()
    for one in events:
        join.add(one)
    return set(join.rows())


PAID = event(TAOBAO_PURCHASES, 30 * DAY_MS, kind="PAY", sub_order_id="s")


@pytest.mark.parametrize(
    ("touch", "rows"),
    [
        (event(NOTE_VIEWS, 0), {Row("s", "view", "n", 0)}),
        (event(NOTE_VIEWS, -1), {Row("s")}),
        (event(LINK_CLICKS, 30 * DAY_MS), {Row("s", "click", "n", 30 * DAY_MS)}),
        (event(LINK_CLICKS, 30 * DAY_MS + 1), {Row("s")}),
        (event(NOTE_SAVES, 5, action="SAVE"), {Row("s", "save", "n", 5)}),
        (event(NOTE_SAVES, 5, action="UNSAVE"), {Row("s")}),
        (event(NOTE_VIEWS, 5, user="v"), {Row("s")}),
        (event(NOTE_VIEWS, 5, brand="c"), {Row("s")}),
    ],
)
def test_the_right_rows(touch: SourceEvent, rows: set[Row]) -> None:
    assert joined(PAID, touch) == joined(touch, PAID) == rows


def test_a_refund_is_no_purchase() -> None:
    assert joined(event(TAOBAO_PURCHASES, 5, kind="REFUND", sub_order_id="s")) == set()


def test_the_picture_has_a_bar_for_everybody(tmp_path: Path) -> None:
    draw({"zhongcao, complete": 50_000, "other": 2_000.4}, tmp_path / "drain.svg")
    svg = (tmp_path / "drain.svg").read_text()
    for text in (">50,000<", ">2,000<", ">other<"):
        assert text in svg


def test_a_run_that_was_cut_short_is_not_counted() -> None:
    row, other = Row("s"), Row("t")
    standing = Standing(Program("quix", "Quix Streams"))
    for code, cpu_s, rows in ((None, 9.0, {row}), (0, 2.0, {row}), (0, 4.0, {row, other})):
        found = Drained(Cost(1.0, cpu_s, 1, code), 8, frozenset(rows))
        standing.add(found, frozenset({row, other}))
    assert standing.per_cpu_s == 3.0  # the median of 4 and 2
    assert standing.right == 0.5  # and not that of the last round
    assert len(standing.cut_short) == 1


def test_how_much_is_right() -> None:
    a, b, c = Row("a"), Row("b"), Row("c")
    assert share(frozenset({a, b}), frozenset({a, b})) == 1
    assert share(frozenset({a, b}), frozenset({b, c})) == 1 / 3
    assert share(frozenset(), frozenset()) == 1


def test_targets_are_judged_where_both_ran() -> None:
    titles = {name: name for name in ("zhongcao", "quix", "flink_sql", "librdkafka")}
    ran = {"zhongcao": 100_000.0, "quix": 20_001.0, "flink_sql": 100_000.0, "librdkafka": 400_000.0}
    assert [one.holds for one in targets(ran, titles, 1.0)] == [True, True, False, True, True]
    assert [one.holds for one in targets({"zhongcao": 99_999.0}, titles, 0.99999)] == [False, False]
    assert list(targets({"quix": 1.0}, titles, None)) == []


def test_where_only_the_newest_touches_are_kept() -> None:
    organic, old = Row("s2"), Row("s1", "view", "n", 1)
    view, click = Row("s1", "view", "o", 2), Row("s1", "click", "m", 2)
    rows = {organic, old, view, click}
    assert newest(rows, 3) == rows
    assert newest(rows, 2) == {organic, view, click}
    assert newest(rows, 1) == {organic, click}
