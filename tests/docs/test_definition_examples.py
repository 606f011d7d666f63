"""The examples of docs/definitions.md come out as it says."""

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from streams.event_time import NEVER, EventTime
from streams.history import Payment, Touch, Trigger
from streams.join import Journey, Owner, Steps, Touches, conversions, journeys
from streams.kinds import Kind
from streams.timeunits import day_start_ms, day_text, shanghai_day, time_text

PAGE = (Path(__file__).parents[2] / "docs/definitions.md").read_text()
SHANGHAI = ZoneInfo("Asia/Shanghai")


def rows(section: str) -> list[list[str]]:
    """The cells of the last table of a section, without its head."""
    [text] = re.findall(rf"^#+ {re.escape(section)} .*?(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    table = text.rpartition("|---")[2].partition("\n")[2]
    return [line.split(" | ") for line in re.findall(r"^\| (.*) \|$", table, re.MULTILINE)]


def at(text: str) -> int:
    """A time of the examples, which are of one year, in ms."""
    day, _, time = text.partition(" ")
    moment = datetime.fromisoformat(f"2025-{day} {time or '00:00:00.000'}")
    return round(moment.replace(tzinfo=SHANGHAI).timestamp() * 1000)


def test_days() -> None:
    for occurred_at, _, day in rows("1.8"):
        assert day_text(shanghai_day(int(occurred_at))) == day


def test_event_time() -> None:
    clock = EventTime()
    for _, topic, occurred_at, unread, now in rows("2.1"):
        left = set(re.findall(r"`([\w-]+)`", unread))
        clock.advance(topic.strip("`"), np.array([at(occurred_at)]), left)
        assert clock.now == (NEVER if now == "none" else at(now))
    lateness = at("06-04") - at("06-01")
    assert at("06-17") >= clock.now - lateness > at("06-16")


def test_a_path_and_the_number_of_events() -> None:
    found = [
        (*what.split(), note, time, is_in.split(":")[0]) for what, note, time, is_in in rows("4.2")
    ]
    touches, inside = [], []
    for kind, *click, note, time, is_in in found:
        if kind != "unsave":
            touches.append(
                Touch(at(time), Kind[kind.upper()], note, "".join(click), "i" if click else "")
            )
        if is_in == "yes":
            inside.append(touches[-1])
    paid = Payment(at("06-30 12:00:00.000"), "TAOBAO", "s", "t", "o", "shop", "i", 1, None)
    trigger = Trigger(paid.occurred_at, Kind.PAY, sub_order=paid.sub_order)
    [row] = conversions(Owner("u", "b", 30), Touches(sorted(touches)), [paid], [trigger], [])
    assert list(row.path) == inside
    assert row.version >> 17 & (2**64 - 1) == 6
    assert "there are 6: one PAY, and five touches" in " ".join(PAGE.split())


def test_a_journey() -> None:
    steps, expected = Steps(), dict[str, int]()
    for time in ("06-01 09:00:00.000", "06-01 21:00:00.000"):
        steps.add(at(time), Kind.VIEW, "n1")
    for kind, time, what in rows("6.3"):
        steps.add(at(time), Kind[kind.upper()], "n1")
        if what.startswith("`"):
            expected[what.strip("`")] = at(time)
    entered_at = at("06-01 09:00:00.000")
    [row] = journeys("u", "b", steps, [Trigger(entered_at, Kind.VIEW, "n1")], 30)
    day = shanghai_day(entered_at)
    assert row == Journey("b", "n1", "u", day, entered_at=entered_at, **expected)
    # Three days after that of viewing.
    end = day_start_ms(day + 1 + 3)
    assert max(expected["saved_at"], expected["purchased_at"]) < end <= expected["chain_clicked_at"]
    assert time_text(end) == "2025-06-05 00:00:00"
