"""Ids are opaque: no text in them leads a look-up astray."""

import polars as pl
import pytest
from one_partition import OnePartition
from oracle.records import at, click, pay, view

from streams.state.keys import actor_keys, read_actors, users_of

T = at("2024-06-18 20:00")
#: Ids that a careless key would mix up.
TRICKY = [
    "u",
    "u1",
    "u10",
    "01u",
    "1",
    "11",
    "u\x00",
    "u\x001",
    "用户",
    "用",
    "😀",
    "x" * 64,
    "x" * 63,
    "用" * 64,
    " ",
    "{}",
    '"',
    "u 1",
]


@pytest.mark.parametrize("field", ["user_id", "brand_id"])
def test_no_id_runs_into_another(partition: OnePartition, field: str) -> None:
    partition.feed(*(view(T - 1 - i, **{field: one}) for i, one in enumerate(TRICKY)))
    partition.feed(*(pay(T, f"s{i}", **{field: one}) for i, one in enumerate(TRICKY)))
    assert partition.reasons == []
    found = {sub_order: row["path.occurred_at"] for sub_order, row in partition.conversions.items()}
    assert found == {f"s{i}": [T - 1 - i] for i in range(len(TRICKY))}


def test_ids_come_back_as_they_went_in(partition: OnePartition) -> None:
    partition.feed(*(click(T, one, click_id=one, item_id=one) for one in TRICKY))
    partition.feed(*(pay(T, one, order_id=one, txn_id=one, click_id=one) for one in TRICKY))
    assert partition.reasons == []
    for sub_order_id, row in partition.conversions.items():
        assert (row["order_id"], row["click_id"]) == (sub_order_id, sub_order_id)
        for name in ("path.note_id", "path.click_id", "path.item_id"):
            assert row[name] == sorted(TRICKY)
    assert set(partition.conversions) == set(TRICKY)


def test_keys_tell_who_acted_and_when() -> None:
    actions = [(user, brand, T + i) for i, user in enumerate(TRICKY) for brand in TRICKY[i:]]
    columns = {"user_id": pl.String, "brand_id": pl.String, "occurred_at": pl.Int64}
    acted = pl.DataFrame(actions, schema=columns, orient="row")
    assert read_actors(actor_keys(acted)).equals(acted)
    assert users_of(actor_keys(acted)).to_list() == acted["user_id"].to_list()
