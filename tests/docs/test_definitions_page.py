"""docs/definitions.md: its numbers and names are those of the code, and tests cite each of its sections."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from rebuild.workers import IN_FLIGHT_MS
from schemas.rejects import Reason
from sinks.tables import ORDER_KINDS, TOUCH_KINDS, VIA
from sinks.views import load_views, models
from streams.join.conversions import version_of
from streams.join.windows import MAX_PATH
from streams.kinds import TOPIC_OF, TOUCHES, Kind
from streams.settings import RANGES, Settings
from streams.state.keys import BUCKET_MS
from streams.timeunits import DAY_MS, EARLIEST_MS, LATEST_MS, day_text, shanghai_day
from streams.transport.expansion import MESSAGE_BYTES
from streams.validate import MAX_AMOUNT_FEN, MAX_ID_CHARACTERS
from streams.wall_clock import FUTURE_MS
from verify.coverage import PARTS
from verify.tables import TABLES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/definitions.md").read_text()
HEADINGS = re.compile(r"^#{2,3} (\d+(?:\.\d+)?) .*\n", re.MULTILINE)
CODE = ("schemas", "sinks", "streams", "verify", "rebuild", "attribution")
#: docs/definitions.md §1.3, §1.4
CITED = re.compile(r"docs/definitions\.md((?:,?\s+(?:and\s+)?§[\d.]*\d)+)")


def sections() -> dict[str, str]:
    """Number → text, up to the next heading."""
    _, *parts = HEADINGS.split(PAGE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


SECTIONS = sections()


def rows(section: str) -> list[list[str]]:
    """The cells of the tables of a section, without their heads."""
    lines = re.findall(r"^\| (.*) \|$", SECTIONS[section], re.MULTILINE)
    return [line.split(" | ") for line in lines]


def names(section: str, column: int = 0) -> list[str]:
    """What is in backticks in a column, in its order."""
    return [name for row in rows(section) for name in re.findall(r"`(\w+)`", row[column])]


def citations(*folders: str) -> dict[str, set[str]]:
    """Section → the files in these folders that cite it."""
    found: dict[str, set[str]] = {}
    paths = (path for folder in folders for path in (ROOT / folder).rglob("*"))
    for path in paths:
        if path.suffix in (".py", ".sql") and path.parent != Path(__file__).parent:
            for cited in CITED.findall(path.read_text()):
                for number in re.findall(r"[\d.]*\d", cited):
                    found.setdefault(number, set()).add(path.name)
    return found


def test_sections_are_numbered_in_order() -> None:
    for before, number in pairwise(SECTIONS):
        chapter, _, part = before.partition(".")
        assert number in (f"{chapter}.{int(part or 0) + 1}", f"{int(chapter) + 1}"), number


def test_each_section_that_defines_something_is_cited_by_a_test() -> None:
    defining = {number for number, text in SECTIONS.items() if text.strip()}
    assert len(defining) > 40
    assert defining - citations("tests").keys() == set()


def test_each_section_that_is_cited_exists() -> None:
    cited = citations("tests", *CODE)
    assert {number: by for number, by in cited.items() if number not in SECTIONS} == {}
    within = set(re.findall(r"§([\d.]*\d)", PAGE))
    assert within <= SECTIONS.keys()


@pytest.mark.parametrize("page", sorted(ROOT.glob("docs/**/*.md")), ids=lambda path: path.name)
def test_links_lead_to_sections_that_exist(page: Path) -> None:
    headings = re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in headings}
    assert set(re.findall(r"definitions\.md#([\w-]+)", page.read_text())) <= anchors


def ms(number: int, unit: int) -> int:
    """In whole units."""
    assert number % unit == 0
    return number // unit


def told() -> list[tuple[str, str]]:
    """Section, and what it must say."""
    default = Settings()
    least, most, _ = RANGES["lookback_days"]
    more = ms(default.retention_ms - default.lookback_ms - default.allowed_lateness_ms, DAY_MS)
    amount = f"{len(str(MAX_AMOUNT_FEN)) - 1}".translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    minutes = {2: "two minutes"}[ms(IN_FLIGHT_MS, 60_000)]
    years = day_text(shanghai_day(EARLIEST_MS))[:4], day_text(shanghai_day(LATEST_MS - 1))[:4]
    return [
        ("1.1", f"1 to {MAX_ID_CHARACTERS} characters"),
        ("1.1", "years {} to {}".format(*years)),
        ("1.7", f"between 0 and 10{amount} fen"),
        ("2.2", f"`allowed_lateness_days`, {default.allowed_lateness_days} days by default"),
        ("2.3", f"allowed lateness + {more} day behind T"),
        ("2.3", f"buckets of {ms(BUCKET_MS, DAY_MS)} days"),
        ("4.2", f"{default.lookback_days} by default, from {least} to {most}"),
        ("4.4", f"newest {MAX_PATH} touches"),
        ("9", f"is {ms(BUCKET_MS, DAY_MS)} days, counted from 1970-01-01 UTC"),
        ("9", f"{default.crowded_sub_orders:,} sub-orders"),
        ("9", f"{default.crowded_touches:,} touches"),
        ("11.1", f"{MESSAGE_BYTES >> 20} MiB ({MESSAGE_BYTES:,} bytes)"),
        ("11.1", f"longer than {MAX_ID_CHARACTERS} characters"),
        ("11.1", f"above 10{amount} fen"),
        ("11.1", "{}–{}".format(*years)),
        ("11.1", f"more than {ms(FUTURE_MS, 3_600_000)} h after the Kafka timestamp"),
        ("12", f"{minutes} before the run began"),
    ]


@pytest.mark.parametrize(("section", "text"), told())
def test_numbers_are_those_of_the_code(section: str, text: str) -> None:
    assert text in " ".join(SECTIONS[section].split())


def test_kinds() -> None:
    found = {row[0]: (row[1].split("`")[1], row[3] == "yes") for row in rows("1.2")[1:]}
    kinds = {
        (name if name in ORDER_KINDS else name.lower()): kind
        for name, kind in Kind.__members__.items()
    }
    assert found == {name: (TOPIC_OF[kind], kind in TOUCHES) for name, kind in kinds.items()}
    assert {*found} == {*TOUCH_KINDS, *ORDER_KINDS}


def test_bits_of_a_version() -> None:
    widths = [int(row[0]) for row in rows("4.7") if row[0].isdigit()]
    highest = 2**47 - 1
    assert widths == [47, 64, 1, 16]
    assert version_of(highest - 1, 0, False, 0) == 1 << sum(widths[1:])
    assert version_of(highest, 1, False, 0) == 1 << sum(widths[2:])
    assert version_of(highest, 0, True, 0) == 1 << widths[3]


def test_ways_models_reasons_and_coverage() -> None:
    assert {*names("5")} == {*VIA, "via"}
    assert names("10.1") == list(models())
    assert names("11.1")[: len(Reason)] == [str(reason) for reason in Reason]
    [coverage] = [view for view in load_views() if view.name == "coverage"]
    assert {*names("8.1")} - {"coverage"} == set(
        re.findall(r"^ +(\w+) \w+", coverage.columns, re.MULTILINE)
    )


def test_refunds_and_decay_are_those_of_the_views() -> None:
    [sales] = [view for view in load_views() if view.name == "sales"]
    [days] = re.findall(r"passed - (\d+)", sales.query)
    assert f"last {days} days" in SECTIONS["8.4"]
    [decay] = re.findall(r"/ (\d+)\)", models()["time_decay"]["weight"])
    assert ms(int(decay), DAY_MS) == 7
    assert "seven days earlier counts half" in SECTIONS["10.1"]


def test_what_verify_compares() -> None:
    assert {*TABLES} <= set(re.findall(r"`(\w+)`", SECTIONS["13.1"]))
    told_of = " ".join(row[0] for row in rows("13.2"))
    assert all(part.name in told_of for parts in PARTS.values() for part in parts)


def test_every_name_is_one_of_the_code() -> None:
    code = "".join(
        path.read_text()
        for folder in CODE
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".sql", ".toml", ".avsc")
    )
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)\b", PAGE))
    assert len(named) > 40
    assert {name for name in named if not re.search(rf"\b{name}\b", code)} == set()
