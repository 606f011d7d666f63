"""The web port is had before anything else starts, or the worker says why not."""

import socket
from pathlib import Path

import pytest

from schemas.errors import WebError
from streams.operations.web import listen
from streams.settings import Settings
from streams.worker import run


def test_any_free_port() -> None:
    with listen("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port), timeout=10):
            pass


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_ipv6() -> None:
    with listen("::1", 0) as listening:
        assert listening.family is socket.AF_INET6


def test_a_port_that_is_taken_is_told_before_broker_and_clickhouse_are_asked(
    tmp_path: Path,
) -> None:
    with listen("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        settings = Settings(
            broker="kafka://127.0.0.1:1",
            clickhouse_port=1,
            web_port=port,
            data_dir=tmp_path / "state",
        )
        with pytest.raises(WebError, match=rf"127\.0\.0\.1:{port} \(Address already in use\)"):
            run(settings)
    assert not settings.data_dir.exists()


@pytest.mark.parametrize(
    ("host", "told"),
    [("192.0.2.1", "Cannot assign requested address"), ("no-such-host.invalid", "not known")],
)
def test_a_host_that_is_not_ours(host: str, told: str) -> None:
    with pytest.raises(WebError, match=rf"on {host}:0 \(.*{told}\).* Set web_port"):
        listen(host, 0)
