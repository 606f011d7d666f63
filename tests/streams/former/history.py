"""A small history that has one of everything that a state holds. Today's code and each former one can make it."""

from oracle.records import DAY, HOUR, at, click, pay, refund, save, unsave, view

PAID = at("2024-06-18 20:00")
#: Is forgotten when all is read.
FORGOTTEN = "u9"
#: Times on both sides of the ends of buckets of 10 and of 30 days, ids that are not ASCII, that look like the marks
#: around them, and that have spaces. Everything is in time but the last.
EVENTS = (
    view(PAID - 25 * DAY),
    view(PAID - 12 * DAY),
    view(PAID - DAY, "笔记 2"),
    view(PAID - 3 * DAY, user_id="用户 2"),
    view(PAID - 2 * DAY, user_id=FORGOTTEN),
    save(PAID - DAY),
    save(PAID - DAY, user_id=FORGOTTEN),
    unsave(PAID - DAY + 1, "笔记 2"),
    click(PAID - 2 * HOUR, click_id="c1", item_id="item 1"),
    click(PAID - HOUR, "笔记 2", click_id="点击 2", item_id='{"too_late":true}'),
    pay(PAID, txn_id="t1", click_id="c1"),
    refund(PAID + 1, txn_id="t2"),
    pay(PAID - HOUR, "s2", user_id="用户 2", txn_id="t3", order_id='o "3"'),
    pay(PAID - 20 * DAY, "s3", txn_id="t4"),
)
