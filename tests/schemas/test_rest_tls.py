"""A registry behind TLS: its certificate is checked."""

import shutil
import ssl
import subprocess

import pytest
from fake_registry import FakeRegistry

from schemas.errors import RegistryError
from schemas.rest_address import RegistryAddress
from schemas.rest_client import RegistryClient


@pytest.fixture
def certificate(tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("a certificate needs openssl, which is not on this machine")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=registry"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    return tmp_path / "cert.pem"


@pytest.fixture
def secure(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    with FakeRegistry(context) as registry:
        registry.when("GET /subjects", (200, []))
        yield RegistryClient(RegistryAddress.parse(registry.url), patience_s=0)


def test_an_authority_that_is_named_is_trusted(secure, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert secure.send("GET", "/subjects") == []


def test_a_stranger_is_not(secure):
    with pytest.raises(RegistryError, match=r"is not trusted .self.signed.*SSL_CERT_FILE"):
        secure.send("GET", "/subjects")
