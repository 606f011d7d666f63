"""Events as lines of JSON, as dictionaries: a view and the payment after it."""

NOON = 1_750_132_800_000
DAY = 86_400_000

VIEW = {
    "topic": "note-views",
    "user_id": "u1",
    "note_id": "n1",
    "brand_id": "b1",
    "occurred_at": NOON,
    "surface": "SEARCH",
    "promoted": False,
}
PAY = {
    "topic": "taobao-purchases",
    "user_id": "u1",
    "brand_id": "b1",
    "occurred_at": NOON + 1,
    "txn_id": "t1",
    "order_id": "o1",
    "sub_order_id": "s1",
    "shop_id": "shop",
    "item_id": "i1",
    "quantity": 1,
    "kind": "PAY",
    "amount_fen": 19900,
}
