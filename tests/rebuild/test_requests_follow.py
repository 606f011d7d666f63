"""Who was forgotten stays out of every partition that a user can move to, and is named in the own one alone."""

import pytest

from rebuild.seed import _spread_requests
from streams.erasure.requests import Request
from streams.partitioning import partition_of
from streams.settings import Settings

PARTITIONS = 3
NAMED = Request.of("u1")
HERE = partition_of(b"u1", PARTITIONS)


class Topics:
    def __init__(self, **requests: list[Request]) -> None:
        self._requests = {n: requests.get(f"p{n}", []) for n in range(PARTITIONS)}

    def requests(self) -> dict[int, list[Request]]:
        return self._requests


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> dict[int, list[Request]]:
    found: dict[int, list[Request]] = {n: [] for n in range(PARTITIONS)}

    def publish(settings: Settings, requests: list[tuple[int, Request]]) -> None:
        for number, request in requests:
            found[number].append(request)

    monkeypatch.setattr("rebuild.seed.publish_all", publish)
    return found


@pytest.mark.parametrize("former", range(PARTITIONS))
@pytest.mark.parametrize("request_", [NAMED, NAMED.fulfilled()])
def test_everywhere(published: dict[int, list[Request]], former: int, request_: Request) -> None:
    topics = Topics(**{f"p{former}": [NAMED, request_]})
    _spread_requests(Settings(partitions=PARTITIONS), topics)
    for number in range(PARTITIONS):
        named_here = request_ is NAMED and number == HERE
        latest = [*topics.requests()[number], *published[number]][-1]
        assert latest == (NAMED if named_here else NAMED.fulfilled())


def test_nothing_is_published_twice(published: dict[int, list[Request]]) -> None:
    topics = Topics(**{f"p{number}": [NAMED.fulfilled()] for number in range(PARTITIONS)})
    _spread_requests(Settings(partitions=PARTITIONS), topics)
    assert not any(published.values())
