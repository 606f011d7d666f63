"""Rows of users who are forgotten, or are to be, are wrong, and `zhongcao verify` says why."""

import pytest
from checked import NOON, Checked

from schemas.topics import FORGET_REQUESTS, NOTE_VIEWS
from streams.erasure.requests import Request


@pytest.mark.parametrize(
    ("last", "told"),
    [
        (Request.of("a"), "5 rows are of users who are being forgotten"),
        (Request.of("a").fulfilled(), "5 rows are of users who were forgotten"),
    ],
)
def test_what_is_left_of_them(checked: Checked, last: Request, told: str) -> None:
    for user in ("a", "b"):
        checked.publish(NOTE_VIEWS, user, checked.view(user))
        checked.publish(NOTE_VIEWS, user, checked.view(user, "m"))
    checked.publish(NOTE_VIEWS, "a", b"junk", NOON)
    checked.work()
    checked.publish(FORGET_REQUESTS, "a", Request.of("a").to_bytes())
    checked.publish(FORGET_REQUESTS, "a", last.to_bytes())

    report = checked.verify(code=3)
    assert (
        report["of_forgotten"]
        == sum(table["wrong"]["extra"] for table in report["tables"].values())
        == 5
    )
    done = checked.zhongcao("verify", "--config", str(checked.workers.config))
    assert told in done.stdout
    assert "`zhongcao forget`" in done.stdout
    assert "lookback_days" not in done.stderr
