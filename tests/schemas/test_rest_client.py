"""A registry that is away is waited for; one that refuses, or is none, is told in a sentence."""

import logging
import socket
import threading
from base64 import b64encode

import pytest
from fake_registry import ABSENT

from schemas import rest_client
from schemas.errors import RegistryClosed, RegistryError, RegistryUnavailable
from schemas.rest_address import RegistryAddress
from schemas.rest_client import RegistryClient

pytestmark = pytest.mark.usefixtures("quick")

DOWN = (503, b"<html>Service Unavailable</html>")
PATIENCE_S = 20


def client_of(url, patience_s=PATIENCE_S):
    return RegistryClient(RegistryAddress.parse(url), patience_s)


def test_a_request_carries_who_we_are(fake):
    fake.when("POST /v7/subjects/a", (200, {"id": 1}))
    url = fake.url.replace("http://", "http://u:p@") + "/v7/"
    assert client_of(url).send("POST", "/subjects/a", {"schema": "草"}) == {"id": 1}
    [(_, _, headers, body)] = fake.requests
    assert headers["Authorization"] == f"Basic {b64encode(b'u:p').decode()}"
    assert headers["Content-Type"] == "application/vnd.schemaregistry.v1+json"
    assert body == {"schema": "草"}


def test_what_the_registry_does_not_have(fake):
    fake.when("GET /schemas/ids/9", ABSENT)
    assert client_of(fake.url).send("GET", "/schemas/ids/9") is None


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_it_is_asked_again_when_the_status_may_pass(fake, caplog, status):
    fake.when("GET /x", *[(status, b"")] * 3, (200, [1]))
    assert client_of(fake.url).send("GET", "/x") == [1]
    assert len(fake.requests) == 4
    away, back = caplog.messages
    assert f"HTTP status {status}" in away
    assert "is back after" in back


def test_an_answer_that_breaks_off_is_not_taken_for_whole():
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = client_of(f"http://127.0.0.1:{server.getsockname()[1]}", patience_s=0)
        answers = threading.Thread(target=answer_half, args=(server,))
        answers.start()
        with pytest.raises(RegistryUnavailable, match="payload is not completed"):
            client.send("GET", "/x")
        answers.join()


def answer_half(server):
    connection, _ = server.accept()
    with connection:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n[1,")


def test_silence_is_an_outage(monkeypatch):
    monkeypatch.setattr(rest_client, "TIMEOUT_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = client_of(f"http://127.0.0.1:{server.getsockname()[1]}", patience_s=0)
        with pytest.raises(RegistryUnavailable, match="TimeoutError"):
            client.send("GET", "/x")


def test_patience_ends_with_a_sentence(caplog):
    with pytest.raises(RegistryUnavailable, match=r"did not answer for 1 s .*Refused.*: check"):
        client_of("http://user:geheim@127.0.0.1:1", patience_s=1).send("GET", "/x")
    [told] = caplog.messages
    assert "geheim" not in told


def test_closing_ends_the_wait(fake, caplog):
    fake.when("GET /x", DOWN)
    client = client_of(fake.url, patience_s=float("inf"))
    caplog.handler.addFilter(lambda record: client.close() or True)
    with caplog.at_level(logging.WARNING), pytest.raises(RegistryClosed, match="nothing is lost"):
        client.send("GET", "/x")
    fake.when("GET /x", (200, []))
    assert client.send("GET", "/x") == []


def test_while_impatient_nothing_waits(fake):
    fake.when("GET /x", DOWN)
    client = client_of(fake.url, patience_s=float("inf"))
    with client.impatient(), pytest.raises(RegistryClosed):
        client.send("GET", "/x")
    waited = threading.Timer(0.5, lambda: fake.when("GET /x", (200, [])))
    waited.start()
    assert client.send("GET", "/x") == []
    with client.impatient():
        client.close()
    fake.when("GET /x", DOWN)
    with pytest.raises(RegistryClosed):
        client.send("GET", "/x")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((401, b""), r"refuses GET /x .HTTP status 401.: check schema_registry_user"),
        ((403, {"error_code": 40301}), r"HTTP status 403.: check schema_registry_user"),
        ((404, b""), r"does not answer like a schema registry .HTTP status 404"),
        ((404, {"error": "no such page"}), "does not answer like a schema registry"),
        ((200, b"<html>Welcome</html>"), r"does not answer like .*: check schema_registry_url"),
        ((200, b"null"), "does not answer like"),
        ((301, b""), r"does not answer like .*301"),
        ((409, {"error_code": 409, "message": "no"}), r"refuses GET /x: no .code 409"),
    ],
)
def test_what_does_not_pass_is_told_at_once(fake, answer, message):
    fake.when("GET /x", answer)
    with pytest.raises(RegistryError, match=message) as caught:
        client_of(fake.url).send("GET", "/x")
    assert not isinstance(caught.value, RegistryUnavailable)
    assert len(fake.requests) == 1
