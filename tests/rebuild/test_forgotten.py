"""Who is to be forgotten is left out, also when that is asked for in the middle of a part, and when the part fails."""

from collections.abc import Collection
from itertools import chain

import pytest
from ground import FACTS, Ground, workers
from oracle.records import at, click, pay, view

from rebuild import facts
from rebuild.run import _Rebuilding
from schemas.errors import SinkUnavailable
from streams.erasure.requests import hash_of

NOON = at("2026-03-10 12:00")
USERS = [f"u{number}" for number in range(8)]


def put(ground: Ground) -> None:
    each = [
        (
            view(NOON, user_id=user),
            click(NOON + 1, user_id=user),
            pay(NOON + 2, user, txn_id=user, user_id=user),
        )
        for user in USERS
    ]
    ground.put(chain.from_iterable(each), *FACTS)


def users(ground: Ground, table: str) -> set[str]:
    return {user for (user,) in ground.client.execute(f"SELECT user_id FROM {table}")}


def hashes(*users: str) -> set[str]:
    return {hash_of(user.encode()) for user in users}


def erase(ground: Ground, user: str) -> None:
    """What `zhongcao forget` does when the workers have forgotten somebody."""
    for table in (*FACTS, "clicks", "journeys", "conversions"):
        ground.client.execute(f"ALTER TABLE {table} DELETE WHERE user_id = '{user}'")


def test_who_was_to_be_forgotten_before(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    put(ground)
    workers(monkeypatch, lambda number: hashes("u1", "u2"))
    done = ground.rebuild()
    assert users(ground, "conversions") == set(USERS) - {"u1", "u2"}
    clicked = "journeys WHERE clicked_at IS NOT NULL"
    assert users(ground, clicked) == set(USERS) - {"u1", "u2"}
    assert (done.left_out, done.users) == ({"u1", "u2"}, 6)


@pytest.mark.parametrize("moment", range(8))
def test_who_is_forgotten_meanwhile(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    """The facts were read before they were deleted, and rows are written afterwards."""
    put(ground)
    monkeypatch.setattr(facts, "PART", 6)

    def forget(number: int) -> Collection[str]:
        if number < moment:
            return ()
        if number == moment:
            for user in USERS[::2]:
                erase(ground, user)
        return hashes(*USERS[::2])

    workers(monkeypatch, forget)
    ground.rebuild()
    for table in ("conversions", "journeys", *FACTS):
        assert users(ground, table) == set(USERS[1::2])


def test_what_was_written_goes_also_when_a_part_fails(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(ground)
    workers(monkeypatch, lambda number: hashes("u1") if number else ())
    write = _Rebuilding._write

    def fail(rebuilding: _Rebuilding, joined: object) -> None:
        write(rebuilding, joined)
        raise SinkUnavailable("gone")

    monkeypatch.setattr(_Rebuilding, "_write", fail)
    with pytest.raises(SinkUnavailable, match="gone"):
        ground.rebuild()
    assert users(ground, "conversions") == set(USERS) - {"u1"}
    assert ground.client.execute("SELECT count() FROM rebuilds") == [(0,)]
