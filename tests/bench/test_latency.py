"""Latency measures what it says: events by their contracts at their planned times, and no latency that flatters."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from bench.latency import messages
from bench.latency.found import Late, Measured, Percentiles, growth, targets
from bench.latency.load import PROBED_BRAND, REFERRED_S, Load, topics_in_order
from bench.latency.prober import Awaited, Shown
from bench.latency.profiles import PROFILES
from schemas.codec import Codec
from schemas.columns import binary
from schemas.registry import DirectoryRegistry
from schemas.topics import NOTE_VIEWS, SOURCE_TOPICS, TAOBAO_PURCHASES
from streams.settings import Settings

BEGAN_MS = 1_800_000_000_000
RATE, SECONDS, PARTITIONS = 2_000, 30, 3


@pytest.fixture(scope="module")
def load() -> Load:
    return Load(RATE, SECONDS, PARTITIONS, BEGAN_MS)


def test_each_event_occurs_at_its_planned_time(load: Load) -> None:
    at = load.occurred_at(np.arange(load.touches))
    assert at[0] == BEGAN_MS
    assert load.touches == RATE * SECONDS
    assert (np.diff(at) >= 0).all()
    assert (at[RATE::RATE] - at[:-RATE:RATE] == 1000).all()


def test_the_order_of_the_topics_is_that_of_the_events(load: Load) -> None:
    order = topics_in_order()
    cycle = {
        int(number): place
        for place, topic in enumerate(SOURCE_TOPICS)
        for number in load.numbers(topic, 0, len(order))
    }
    assert [cycle[number] for number in range(len(order))] == order
    assert [share / len(order) for _, share in sorted(Counter(order).items())] == [
        *(0.95, 0.03, 0.015, 0.005)
    ]


def test_what_is_no_view_follows_one_of_the_last_seconds(load: Load) -> None:
    views = load.of_topic(NOTE_VIEWS).select("user_id", "brand_id", "note_id", "occurred_at")
    for topic in SOURCE_TOPICS[1:]:
        on = ["user_id", "brand_id"] + ["note_id"] * (topic != TAOBAO_PURCHASES)
        ago = pl.col("occurred_at") - pl.col("occurred_at_right")
        after = load.of_topic(topic).with_row_index("row").join(views, on=on).filter(ago >= 0)
        soonest = after.group_by("row").agg(ago.min().alias("ago"))
        assert len(soonest) == len(load.of_topic(topic)) > 0
        assert 0 <= soonest["ago"].max() <= REFERRED_S * 1000


@pytest.mark.parametrize("topic", SOURCE_TOPICS)
def test_messages_keep_their_contracts(load: Load, tmp_path: Path, topic: str) -> None:
    codec = Codec(DirectoryRegistry())
    made = messages.write(codec, load, topic, tmp_path / topic)
    data, (first, behind) = made.file.read_bytes(), made.key_at
    values = [data[at : at + made.width] for at in range(0, len(data), made.width)]
    decoded, meant = codec.decode(topic, binary(values)), load.of_topic(topic)
    assert decoded.rejects == []
    assert decoded.frame.select(meant.columns).equals(meant)
    keys = [value[first:behind].decode() for value in values]
    assert keys == meant["user_id"].to_list()


def test_a_time_that_takes_other_bytes_is_refused(tmp_path: Path) -> None:
    load = Load(RATE, 1, PARTITIONS, began_ms=5)
    with pytest.raises(ValueError, match="does not take"):
        messages.write(Codec(DirectoryRegistry()), load, NOTE_VIEWS, tmp_path / "views")


def test_rows_of_all_kinds_are_probed_evenly_over_the_time(load: Load) -> None:
    touches, conversions = load.touches_probed(), load.conversions_probed()
    assert len(touches) == pytest.approx(load.touches / 100, rel=0.5)
    assert len(conversions) == load.touches / 200
    for planned in (touches, conversions):
        quarters = Counter(int(planned_s / SECONDS * 4) for planned_s in planned.values())
        assert set(quarters) == {0, 1, 2, 3}
        assert min(quarters.values()) > len(planned) / 8
    for (_, occurred_at), planned_s in touches.items():
        assert occurred_at == BEGAN_MS + int(planned_s * 1000 + 1e-6)
    assert min(load.of_topic(NOTE_VIEWS)["brand_id"]) == PROBED_BRAND


def test_a_row_counts_once_from_its_planned_time() -> None:
    awaited = Awaited({"b": 2.0, "a": 1.0})
    assert (awaited.missing, awaited.oldest_s) == (2, 1.0)
    awaited.see("b", 2.5)
    awaited.see("b", 9.0)
    awaited.see("stranger", 9.0)
    assert (awaited.missing, awaited.oldest_s) == (1, 1.0)
    awaited.see("a", 4.0)
    assert (awaited.missing, awaited.oldest_s) == (0, None)
    assert awaited.shown == [Shown(2.0, 0.5), Shown(1.0, 3.0)]


def test_percentiles_are_latencies_that_were_measured() -> None:
    shown = [Shown(0.0, float(latency)) for latency in range(1, 201)]
    assert Percentiles.of(shown) == Percentiles(200, 100.0, 198.0, 200.0)
    assert Percentiles.of(shown[:1]) == Percentiles(1, 1.0, 1.0, 1.0)


def measured(
    latency_s: float, grows_by: float = 0.0, rate: int = 20_000, late_s: float = 0.0, **given: Any
) -> Measured:
    numbers = [n / 10 for n in range(600)]
    touches = [Shown(10 + at, latency_s + grows_by * at) for at in numbers]
    late = Late(0.0, late_s, late_s)
    fields: dict[str, Any] = {"profile": "fresh", "acknowledged": late} | given
    return Measured(
        rate=rate, events=1_000_000, touches=touches, conversions=touches, late=late,
        resolution_s=0.03, cpu_s=15.0, memory_bytes=1, **fields,
    )  # fmt: skip


@pytest.mark.parametrize("grows_by", [-0.1, 0.0, 0.02, 0.03, 0.5])
def test_a_worker_whose_latency_grows_falls_behind(grows_by: float) -> None:
    one = measured(latency_s=7.0, grows_by=grows_by)
    grown_s, passed_s = growth(one.touches)
    assert passed_s == pytest.approx(45, abs=0.1)
    assert grown_s == pytest.approx(grows_by * passed_s, abs=0.1)
    assert one.falls_behind == (grows_by > 0.02)


def test_in_a_short_time_a_little_more_is_no_falling_behind() -> None:
    one = replace(measured(1.0), touches=[Shown(n / 10, 1 + n / 150) for n in range(150)])
    assert growth(one.touches)[0] < 1
    assert not replace(one, conversions=one.touches).falls_behind


def test_a_worker_that_never_caught_up_falls_behind() -> None:
    assert not measured(9.9).falls_behind
    assert measured(10.1).falls_behind


@pytest.mark.parametrize(
    ("one", "hold"),
    [
        (measured(1.99), [True]),
        (measured(2.01), [False]),
        (measured(0.1, grows_by=0.03), [False]),
        (measured(0.1, late_s=0.11), [False]),
        (measured(0.1, acknowledged=Late(0.1, 0.6, 0.6)), [False]),
        (measured(0.1, rate=50_000), []),
        (measured(0.1, profile="cheap"), []),
    ],
)
def test_the_target_is_for_fresh_rows_at_its_rate(one: Measured, hold: list[bool]) -> None:
    assert [target.holds for target in targets([one])] == hold


def test_what_an_event_costs() -> None:
    assert measured(1.0).cpu_us == 15.0


def test_profiles_are_as_the_page_of_the_settings_tells() -> None:
    page = Path(__file__).parents[2] / "docs/settings.md"
    section = page.read_text().partition("## Fresh or cheap")[2]
    told = re.findall(r"^\| (\w+) \| (\d+) \| (\d+) \|", section, re.MULTILINE)
    names = ("fetch_linger_ms", "sink_linger_ms")
    settings = {
        profile: dict(zip(names, map(int, values), strict=True)) for profile, *values in told
    }
    assert settings.pop("default") == {name: getattr(Settings(), name) for name in names}
    assert settings == PROFILES
    assert all(Settings(**given) for given in PROFILES.values())
