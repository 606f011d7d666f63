"""A rebuild beside workers on Kafka: who asks to be forgotten in the middle of it stays out."""

from typing import Any

import pytest
from checked import NOON, Checked

from rebuild import Scope, rebuild
from rebuild.facts import Facts
from schemas.topics import FORGET_REQUESTS, NOTE_VIEWS, TAOBAO_PURCHASES
from sinks.connection import ClickHouse
from streams.erasure.requests import Request

OWNED = ("touches", "order_events", "journeys", "conversions")


def test_who_is_forgotten_after_the_facts_were_read(
    checked: Checked, fresh_database: ClickHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    for user in ("a", "b"):
        checked.publish(NOTE_VIEWS, user, checked.view(user))
        checked.publish(TAOBAO_PURCHASES, user, checked.pay(user, f"t-{user}", NOON + 1), NOON + 1)
    checked.work()
    read = Facts.of

    def then_forget(facts: Facts, *args: Any) -> Any:
        found = read(facts, *args)
        assert {user for user, _ in found} == {"a", "b"}
        checked.publish(FORGET_REQUESTS, "a", Request.of("a").to_bytes())
        with fresh_database.client() as client:
            for table in OWNED:
                client.execute(f"ALTER TABLE {table} DELETE WHERE user_id = 'a'")
        return found

    with monkeypatch.context() as patched:
        patched.setattr(Facts, "of", then_forget)
        assert rebuild(checked.settings, fresh_database, Scope()).left_out == {"a"}
    with fresh_database.client() as client:
        for table in OWNED:
            assert client.execute(f"SELECT DISTINCT user_id FROM {table}") == [("b",)]

    # Those that have been forgotten are left out from the beginning.
    checked.publish(FORGET_REQUESTS, "b", Request.of("b").fulfilled().to_bytes())
    done = rebuild(checked.settings, fresh_database, Scope())
    assert (done.left_out, done.users) == ({"b"}, 0)
