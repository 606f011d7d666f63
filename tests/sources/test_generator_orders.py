"""Orders look like Taobao's, and their money adds up."""

from collections import Counter, defaultdict
from typing import Any

import numpy as np

Record = dict[str, Any]


def pays(line: list[Record]) -> list[Record]:
    return [change for change in line if change["kind"] == "PAY"]


def refunds(line: list[Record]) -> list[Record]:
    return [change for change in line if change["kind"] == "REFUND"]


def test_ids_have_the_shape_of_taobaos(transactions: list[Record]) -> None:
    for change in transactions:
        assert len(change["order_id"]) == len(change["sub_order_id"]) == 19
        assert change["order_id"][-6:] == change["sub_order_id"][-6:]
        assert len(change["txn_id"]) == 28
        assert len(change["item_id"]) == 12
    assert len({change["txn_id"] for change in transactions}) == len(transactions)


def test_only_orders_of_one_line_share_its_id(sub_orders: dict[str, list[Record]]) -> None:
    lines = Counter(line[0]["order_id"] for line in sub_orders.values())
    for name, (first, *_) in sub_orders.items():
        assert (name == first["order_id"]) == (lines[first["order_id"]] == 1)


def test_an_order_has_one_user_shop_and_time(sub_orders: dict[str, list[Record]]) -> None:
    orders = defaultdict(set)
    for first, *_ in sub_orders.values():
        fields = ("user_id", "shop_id", "brand_id", "occurred_at")
        orders[first["order_id"]].add(tuple(first[field] for field in fields))
    assert all(len(values) == 1 for values in orders.values())


def test_a_sub_order_keeps_its_item_and_quantity(sub_orders: dict[str, list[Record]]) -> None:
    for line in sub_orders.values():
        assert len({(change["item_id"], change["quantity"]) for change in line}) == 1


def test_prices_end_as_in_shops(sub_orders: dict[str, list[Record]]) -> None:
    prices = defaultdict(set)
    for line in sub_orders.values():
        gross = sum(pay["amount_fen"] for pay in pays(line))
        assert gross % line[0]["quantity"] == 0
        prices[line[0]["item_id"]].add(gross // line[0]["quantity"])
    assert all(len(values) == 1 for values in prices.values())
    fen = [price for values in prices.values() for price in values]
    assert {price % 100 for price in fen} == {0, 90}
    assert 5_000 < np.median(fen) < 30_000


def test_a_deposit_is_the_smaller_part(sub_orders: dict[str, list[Record]]) -> None:
    for line in sub_orders.values():
        if len(pays(line)) == 2:
            deposit, balance = pays(line)
            assert 0 < deposit["amount_fen"] < balance["amount_fen"]
            assert deposit["occurred_at"] < balance["occurred_at"]


def test_refunds_come_after_payment_and_are_no_more(sub_orders: dict[str, list[Record]]) -> None:
    full = 0
    returned = [line for line in sub_orders.values() if refunds(line)]
    for line in returned:
        (refund,) = refunds(line)
        gross = sum(pay["amount_fen"] for pay in pays(line))
        assert line[-1] is refund
        assert 0 < refund["amount_fen"] <= gross
        full += refund["amount_fen"] == gross
    assert 0.65 < full / len(returned) < 0.95
