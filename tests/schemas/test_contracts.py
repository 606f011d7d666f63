"""The contracts that ship with the package."""

import json
import re

import polars as pl
import pytest

from schemas.codec import Codec
from schemas.compatibility import check_compatibility
from schemas.registry import DirectoryRegistry
from schemas.topics import SOURCE_TOPICS

REGISTRY = DirectoryRegistry()

COLUMNS = {
    "note-views": "user_id occurred_at note_id brand_id surface promoted dwell_ms",
    "note-saves": "user_id occurred_at note_id brand_id action",
    "link-clicks": "user_id occurred_at click_id note_id brand_id item_id placement",
    "taobao-purchases": "user_id occurred_at txn_id order_id sub_order_id shop_id brand_id item_id "
    "quantity kind amount_fen click_id",
}
DTYPES = {
    "occurred_at": pl.Int64,
    "promoted": pl.Boolean,
    "dwell_ms": pl.Int32,
    "quantity": pl.Int32,
    "amount_fen": pl.Int64,
}


def test_every_source_topic_has_a_contract():
    assert REGISTRY.topics == sorted(SOURCE_TOPICS)
    assert [REGISTRY.current(topic).schema_id for topic in SOURCE_TOPICS] == [5, 6, 7, 8]


@pytest.mark.parametrize("topic", SOURCE_TOPICS)
def test_names_are_such_as_every_language_takes(topic):
    for version in REGISTRY.versions(topic):
        names = re.findall(r'"(?:name|namespace)": "([^"]*)"', version.text)
        symbols = [s for field in version.schema.fields for s in getattr(field.type, "symbols", ())]
        assert all(re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name) for name in names + symbols)


def test_every_version_reads_all_earlier_ones():
    check_compatibility(REGISTRY)


@pytest.mark.parametrize("topic", SOURCE_TOPICS)
def test_everything_is_documented(topic):
    for version in REGISTRY.versions(topic):
        schema = json.loads(version.text)
        named = [f["type"] for f in schema["fields"] if isinstance(f["type"], dict)]
        for part in (schema, *schema["fields"], *named):
            assert not part["doc"].isascii(), f"{version.origin}: {part['name']} lacks Chinese"


@pytest.mark.parametrize("topic", SOURCE_TOPICS)
def test_columns(topic):
    expected = {"row": pl.Int64()}
    expected |= {name: DTYPES.get(name, pl.String)() for name in COLUMNS[topic].split()}
    assert Codec(REGISTRY).frame_schema(topic) == expected
