"""Taobao's user behaviour becomes events."""

from collections import Counter
from pathlib import Path

import pytest

from schemas.codec import Codec
from schemas.registry import DirectoryRegistry
from schemas.topics import (
    LINK_CLICKS,
    NOTE_SAVES,
    NOTE_VIEWS,
    TAOBAO_PURCHASES,
    SourceEvent,
)
from sources.readers import RejectsFile, read

REPOSITORY = Path(__file__).parents[2]
SAMPLE = REPOSITORY.parent / "shared" / "data" / "taobao-user-behavior-100k.csv.gz"
FORMAT = "taobao-userbehavior"
WHO = {"user_id": "u1", "occurred_at": 1511544070_000}


@pytest.mark.parametrize(
    ("behaviour", "topic", "fields"),
    [
        (
            "pv",
            NOTE_VIEWS,
            {"note_id": "n22", "surface": "OTHER", "promoted": False, "dwell_ms": None},
        ),
        ("fav", NOTE_SAVES, {"note_id": "n22", "action": "SAVE"}),
        (
            "cart",
            LINK_CLICKS,
            {
                "click_id": "1-22-1511544070",
                "note_id": "n22",
                "item_id": "22",
                "placement": "NOTE",
            },
        ),
        (
            "buy",
            TAOBAO_PURCHASES,
            {
                "txn_id": "1-22-1511544070",
                "order_id": "1-22-1511544070",
                "sub_order_id": "1-22-1511544070",
                "shop_id": "c333",
                "item_id": "22",
                "quantity": 1,
                "kind": "PAY",
                "amount_fen": 100,
                "click_id": None,
            },
        ),
    ],
)
def test_each_behaviour(read_bytes, behaviour: str, topic: str, fields: dict[str, object]) -> None:
    events, rejects = read_bytes(f"1,22,333,{behaviour},1511544070\r\n".encode(), FORMAT)
    assert events == [SourceEvent(topic, {**WHO, "brand_id": "c333", **fields}, None)]
    assert rejects == []
    assert Codec(DirectoryRegistry()).encode(topic, events[0].record)


def test_the_public_sample(tmp_path: Path) -> None:
    if not SAMPLE.exists():
        pytest.skip(f"{SAMPLE.name} is not beside the repository, in ../shared/data")
    with RejectsFile(tmp_path / "rejects") as rejects, read(SAMPLE, FORMAT, rejects) as events:
        topics = Counter(event.topic for event in events)
        assert events.bytes_read == events.total_bytes == SAMPLE.stat().st_size
    assert rejects.count == 0
    assert topics.pop(TAOBAO_PURCHASES) == 2_101
    assert topics.total() == 97_900
    assert topics == {NOTE_VIEWS: 89_710, LINK_CLICKS: 5_446, NOTE_SAVES: 2_744}
