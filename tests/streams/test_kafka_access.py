"""Each Kafka client is told the same: where the brokers are, whom to trust and who we are."""

import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth

from schemas.errors import SettingsError
from streams.kafka.access import aiokafka_options, faust_credentials, kafka_python_options
from streams.settings import Settings

SASL = {"kafka_sasl_user": "alice", "kafka_sasl_password": "secret"}


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ca.pem, cert.pem, key.pem, locked.pem (the key, encrypted) and junk.pem."""
    folder = tmp_path_factory.mktemp("pem")
    authority = trustme.CA()
    client = authority.issue_cert("client")
    key = serialization.load_pem_private_key(client.private_key_pem.bytes(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"open sesame"),
    )
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    client.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    client.private_key_pem.write_to_path(str(folder / "key.pem"))
    authority.issue_cert("other").private_key_pem.write_to_path(str(folder / "other.pem"))
    (folder / "locked.pem").write_bytes(locked)
    (folder / "junk.pem").write_text("junk")
    return folder


def settings(pem: Path, protocol: str, **files: str) -> Settings:
    """Settings with TLS files of the folder."""
    given: dict[str, Any] = SASL if "SASL" in protocol else {}
    paths = {f"kafka_tls_{name}_file": str(pem / file) for name, file in files.items()}
    return Settings(kafka_security_protocol=protocol, **given, **paths)


def test_nothing_to_tell() -> None:
    plain = Settings(broker="kafka://a:1,b:2")
    assert aiokafka_options(plain) == {
        "bootstrap_servers": ["a:1", "b:2"],
        "security_protocol": "PLAINTEXT",
        "ssl_context": None,
    }
    assert faust_credentials(plain) is None


def test_a_broker_in_memory_knows_nobody(pem: Path) -> None:
    assert faust_credentials(Settings(broker="memory://x", kafka_security_protocol="SSL")) is None


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "SASL_SSL"])
def test_a_user(protocol: str, mechanism: str) -> None:
    given = Settings(kafka_security_protocol=protocol, kafka_sasl_mechanism=mechanism, **SASL)
    told = aiokafka_options(given)
    assert (
        told.items()
        >= {
            "security_protocol": protocol,
            "sasl_mechanism": mechanism,
            "sasl_plain_username": "alice",
            "sasl_plain_password": "secret",
        }.items()
    )
    assert (told["ssl_context"] is not None) == (protocol == "SASL_SSL")
    assert kafka_python_options(given).keys() > told.keys()


@pytest.mark.parametrize(
    ("protocol", "files"),
    [
        ("SASL_PLAINTEXT", {}),
        ("SSL", {"ca": "ca.pem"}),
        ("SSL", {"ca": "ca.pem", "cert": "cert.pem", "key": "key.pem"}),
        ("SASL_SSL", {"ca": "ca.pem", "cert": "cert.pem", "key": "key.pem"}),
    ],
)
def test_faust_comes_to_the_same_arguments(
    pem: Path, protocol: str, files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = settings(pem, protocol, **files)
    context = None if protocol == "SASL_PLAINTEXT" else ssl.create_default_context()
    monkeypatch.setattr("streams.kafka.access.tls_context", lambda settings: context)
    of_faust = credentials_to_aiokafka_auth(faust_credentials(given))
    ours = aiokafka_options(given)
    del ours["bootstrap_servers"]
    assert {"ssl_context": None} | dict(of_faust) == ours


def test_whom_to_trust(pem: Path) -> None:
    context = aiokafka_options(settings(pem, "SSL", ca="ca.pem"))["ssl_context"]
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname is True
    assert len(context.get_ca_certs()) == 1
    unchecked = Settings(kafka_security_protocol="SSL", kafka_tls_check_hostname=False)
    context = aiokafka_options(unchecked)["ssl_context"]
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname is False


def test_an_encrypted_key(pem: Path) -> None:
    files = {
        "kafka_tls_cert_file": str(pem / "cert.pem"),
        "kafka_tls_key_file": str(pem / "locked.pem"),
    }
    given = Settings(kafka_security_protocol="SSL", kafka_tls_key_password="open sesame", **files)
    assert isinstance(aiokafka_options(given)["ssl_context"], ssl.SSLContext)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"ca": "none.pem"}, "kafka_tls_ca_file is .*none.pem, which cannot be read .No such file"),
        ({"ca": "junk.pem"}, "kafka_tls_ca_file is .*junk.pem, which holds no certificate in PEM"),
        ({"cert": "none.pem"}, "kafka_tls_cert_file is .*none.pem, which cannot be read"),
        ({"cert": "cert.pem", "key": "none.pem"}, "kafka_tls_key_file is .*none.pem, which cannot"),
        ({"cert": "cert.pem"}, "cert.pem and kafka_tls_key_file .the same. are not a certificate"),
        ({"cert": "cert.pem", "key": "other.pem"}, "are not a certificate and its key in PEM"),
        ({"cert": "cert.pem", "key": "junk.pem"}, "are not a certificate and its key in PEM"),
        ({"cert": "cert.pem", "key": "locked.pem"}, "kafka_tls_key_password if the key is encry"),
    ],
)
def test_files_that_cannot_be_used(pem: Path, files: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        aiokafka_options(settings(pem, "SSL", **files))
