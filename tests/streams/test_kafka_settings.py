"""Settings that contradict each other are refused, and secrets are not shown."""

from pathlib import Path

import pytest

from schemas.errors import SettingsError
from streams.settings import Settings

SASL = {
    "kafka_security_protocol": "SASL_SSL",
    "kafka_sasl_user": "alice",
    "kafka_sasl_password": "hidden",
}


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"kafka_security_protocol": "SSL"},
        {"kafka_security_protocol": "SSL", "kafka_tls_cert_file": "both.pem"},
        SASL,
        SASL | {"kafka_sasl_mechanism": "PLAIN", "kafka_sasl_user": "a=b"},
        SASL | {"kafka_security_protocol": "SASL_PLAINTEXT"},
        SASL | {"kafka_tls_cert_file": "c.pem", "kafka_tls_key_file": "k.pem"},
    ],
)
def test_combinations(settings: dict[str, str]) -> None:
    assert Settings(**settings).kafka_tls_check_hostname is True


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kafka_security_protocol": "TLS"}, "'TLS' but must be one of PLAINTEXT, SSL, "),
        (SASL | {"kafka_sasl_mechanism": "GSSAPI"}, "'GSSAPI' but must be one of PLAIN, SCRAM-"),
        ({"kafka_sasl_user": "alice"}, "is set, but .* is PLAINTEXT, .* set that to SASL_PLAIN"),
        (SASL | {"kafka_security_protocol": "SSL"}, "kafka_sasl_user is set, but .* is SSL"),
        ({"kafka_tls_ca_file": "ca.pem"}, "kafka_tls_ca_file is set, .* set that to SSL or SASL_"),
        ({"kafka_tls_check_hostname": False}, "kafka_tls_check_hostname is set, but"),
        (SASL | {"kafka_sasl_user": ""}, "kafka_sasl_user is empty, but .* is SASL_SSL: set it"),
        (SASL | {"kafka_sasl_password": ""}, "kafka_sasl_password is empty, but"),
        (SASL | {"kafka_sasl_user": "a,b"}, "a comma or an equals sign cannot log in with SCRAM"),
        (
            SASL | {"kafka_tls_key_file": "k.pem"},
            "kafka_tls_key_file is set without kafka_tls_cert",
        ),
    ],
)
def test_contradictions(settings: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Settings(**settings)


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    settings = Settings(**SASL, clickhouse_password="hidden", kafka_tls_key_password="")
    assert "hidden" not in repr(settings)
    file = tmp_path / "zhongcao.toml"
    file.write_text("kafka_sasl_password = 12345678")
    with pytest.raises(SettingsError, match=r"kafka_sasl_password is \*\*\* .* must be a text"):
        Settings.load(file, {})
