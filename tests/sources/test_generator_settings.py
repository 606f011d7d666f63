"""Wrong parameters are refused with what would go wrong; odd ones work."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import SettingsError
from sources.generator import Traffic, generate


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"events": 0}, "events is 0: with less than 1, there would be nothing to yield"),
        ({"events": 1.5}, "events is 1.5: it is a whole number"),
        ({"events": True}, "events is True: it is a whole number"),
        ({"seed": -1}, "seed is -1"),
        ({"days": 0}, "no time for events to occur in"),
        ({"users": 1}, "one must view notes and one only shop"),
        ({"items_per_brand": 1}, "every order would be for the clicked item"),
        ({"brands": 20_000}, "more than 10000 is not supported"),
        ({"notes": 5}, "a brand without a note would have no traffic"),
        ({"duplicate_share": 1.2}, "duplicate_share is 1.2: a share is a fraction"),
        ({"refund_share": float("nan")}, "refund_share is nan"),
        ({"junk_share": True}, "junk_share is True"),
        ({"click_share": 0.6}, "too few views for them to follow from"),
        ({"late_days": 45}, "no event could arrive that late within the span"),
        ({"late_share": 0.6, "out_of_order_share": 0.6}, "they cannot exceed 1"),
        ({"start": datetime(2025, 6, 1)}, "without a time zone"),  # noqa: DTZ001
        ({"start": datetime.fromisoformat("1969-01-01T00:00+08:00")}, "1980 to 2080"),
    ],
)
def test_wrong_parameters(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Traffic(**wrong)


SHARE = st.floats(0, 1)
SMALL_SHARE = st.floats(0, 0.16)


@settings(max_examples=60)
@given(
    traffic=st.builds(
        Traffic,
        events=st.integers(1, 300),
        seed=st.integers(0, 2**63 - 1),
        days=st.integers(1, 60),
        brands=st.integers(1, 3),
        notes=st.integers(3, 20),
        users=st.integers(2, 30),
        items_per_brand=st.integers(2, 4),
        save_share=SMALL_SHARE,
        click_share=SMALL_SHARE,
        order_share=SMALL_SHARE,
        unsave_share=SHARE,
        organic_share=SHARE,
        direct_share=SHARE,
        multi_line_share=SHARE,
        deposit_share=SHARE,
        refund_share=SHARE,
        duplicate_share=SHARE,
        out_of_order_share=SHARE,
        late_share=st.just(0.0),
        junk_share=SHARE,
    )
)
def test_every_mixture_gives_events_in_order(traffic: Traffic) -> None:
    stamps = [event.timestamp or 0 for event in generate(traffic)]
    assert stamps == sorted(stamps)
    assert len(stamps) <= traffic.events + 2
