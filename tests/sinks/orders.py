"""Sub-orders for tests: a conversion with its path, and its payments and refunds."""

from itertools import count

from sink_rows import T0

DAY_MS = 86_400_000
KINDS = {"view": 1, "save": 2, "click": 4}
numbers = count()


def sub_order(
    *touches,
    paid=(100,),
    refunded=(),
    paid_at=T0,
    sub_order_id=None,
    brand_id="b",
    bought="i",
    items=(),
):
    """Rows of a sub-order. touches: (note, kind, days before the payment), the earliest first.

    items: those that the links of the touches lead to.
    """
    name = sub_order_id or f"s{next(numbers)}"
    items = list(items) or [""] * len(touches)
    path = {
        "path.occurred_at": [paid_at - round(days * DAY_MS) for _, _, days in touches],
        "path.kind": [KINDS[kind] for _, kind, _ in touches],
        "path.note_id": [note for note, _, _ in touches],
        "path.item_id": items,
        "path.click_id": [""] * len(touches),
        "path.promoted": [False] * len(touches),
        "path.surface": ["OTHER"] * len(touches),
    }
    own = {"brand_id": brand_id, "sub_order_id": name, "order_id": f"o-{name}"}
    clicks = [
        (at, item)
        for at, kind, item in zip(path["path.occurred_at"], path["path.kind"], items, strict=True)
        if kind == KINDS["click"]
    ]
    newest = {
        "newest_click_at": max((at for at, _ in clicks), default=None),
        "newest_item_click_at": max((at for at, item in clicks if item == bought), default=None),
    }
    conversion = {**own, "item_id": bought, "paid_at": paid_at, **newest, **path}
    events = [
        {
            **own,
            "kind": kind,
            "amount_fen": fen,
            "txn_id": f"{name}-{kind}-{n}",
            "occurred_at": paid_at + n,
        }
        for kind, amounts in ((1, paid), (2, refunded))
        for n, fen in enumerate(amounts)
    ]
    return conversion, events
