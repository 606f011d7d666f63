"""zhongcao generate --until: the last day of the traffic, as a date or in words, in Shanghai."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from cli.commands import Zhongcao

from streams.timeunits import shanghai_day


def lines(zhongcao: Zhongcao, *args: str) -> list[str]:
    return zhongcao.ok("generate", "--events", "2000", *args).splitlines()


def last_day(events: list[str]) -> int:
    return max(shanghai_day(json.loads(line)["occurred_at"]) for line in events)


def ids(events: list[str]) -> set[str]:
    names = ("note_id", "click_id", "txn_id", "order_id", "sub_order_id")
    return {
        record[name] for record in map(json.loads, events) for name in names if record.get(name)
    }


@pytest.mark.parametrize(("word", "back"), [("yesterday", 1), ("today", 0)])
def test_words(zhongcao: Zhongcao, word: str, back: int) -> None:
    def expected() -> int:
        now = datetime.now(UTC) - timedelta(days=back)
        return shanghai_day(int(now.timestamp() * 1000))

    before = expected()
    assert last_day(lines(zhongcao, "--until", word)) in {before, expected()}


def test_a_day_and_how_many(zhongcao: Zhongcao) -> None:
    events = lines(zhongcao, "--until", "2025-07-15")
    assert events == lines(zhongcao)
    few = lines(zhongcao, "--until", "2025-07-15", "--days", "10")
    assert last_day(few) == last_day(events)
    assert min(shanghai_day(json.loads(line)["occurred_at"]) for line in few) == last_day(few) - 9


def test_another_day_has_ids_of_its_own(zhongcao: Zhongcao) -> None:
    """Published together, no id comes with two times."""
    days = ("2025-07-15", "2025-07-16", "2025-07-14", "2026-01-01")
    found = [ids(lines(zhongcao, "--until", day)) for day in days]
    assert len(set.union(*found)) == sum(map(len, found))


@pytest.mark.parametrize("day", ["tomorrow", "2999-01-01", "15.7.2025", ""])
def test_what_is_no_day_or_has_not_come(zhongcao: Zhongcao, day: str) -> None:
    done = zhongcao("generate", "--until", day)
    assert done.returncode == 2
    assert "Invalid value for '--until'" in done.stderr
    assert done.stdout == ""
