"""What lies in the topic of requests, and what is not taken for one."""

import asyncio
import json
import logging

import pytest
from oracle.list_log import ListLog

from streams.erasure.requests import Asked, Request, forgotten_among, from_bytes, requests_of

ASKED = Request.of("用户 1")


def test_a_request_names_the_user_until_it_is_fulfilled() -> None:
    assert json.loads(ASKED.to_bytes()) == {"hash": ASKED.hash, "user_id": "用户 1"}
    done = ASKED.fulfilled()
    assert json.loads(done.to_bytes()) == {"hash": ASKED.hash}
    assert done.key == ASKED.key == ASKED.hash.encode()
    for request in (ASKED, done):
        assert from_bytes(request.to_bytes()) == request


def test_the_hash_is_that_of_the_id() -> None:
    assert Request.of("abc").hash == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
    assert from_bytes(b'{"hash": "wrong", "user_id": "abc"}') == Request.of("abc")


@pytest.mark.parametrize(
    "raw",
    [
        *(None, b"", b"junk", b"\xff", b"[]", b"{}", b"7"),
        *(b"[" * 100_000, b'{"user_id":' * 100_000, b"9" * 100_000),
        *(b'{"hash": 7}', b'{"hash": "ab"}', b'{"hash": "%s"}' % (b"\\u0661" * 64)),
        b'{"hash": "%s"}' % b"A" * 64,
        b'{"user_id": "\\ud800"}',
        b'{"user_id": 7, "hash": "%s"}' % ASKED.key,
        *(b'{"user_id": "%s"}' % (b"x" * length) for length in (0, 65, 10_000)),
    ],
)
def test_what_is_no_request(raw: bytes | None) -> None:
    assert from_bytes(raw) is None


def test_the_last_word_on_each_user_counts(caplog: pytest.LogCaptureFixture) -> None:
    other = Request.of("other")
    log = ListLog()
    log.records[3] = [
        record.to_bytes() for record in (ASKED, ASKED.fulfilled(), other, other, other.fulfilled())
    ]
    log.records[3] += [b"junk", other.to_bytes()]
    log.expire(3, 1)
    with caplog.at_level(logging.WARNING):
        assert asyncio.run(requests_of(log, 3)) == Asked([ASKED.fulfilled(), other], refused=1)
    [warning] = caplog.records
    assert (warning.partition, warning.offset) == (3, 5)
    assert asyncio.run(requests_of(log, 0)) == Asked([])


def test_who_is_among_the_forgotten() -> None:
    assert forgotten_among(["a", "b"], frozenset()) == set()
    assert forgotten_among(["a", "b"], {Request.of("b").hash, Request.of("c").hash}) == {"b"}
