"""How each of the Kafka clients is told where the brokers are, whom to trust and who we are.

kafka-python administers and publishes, Faust's aiokafka driver reads, and aiokafka itself is there for what Faust has
no word for. All get the same TLS context, made here.
"""

import ssl
from pathlib import Path
from typing import Any

from faust.auth import SASLCredentials, SSLCredentials

from schemas.errors import SettingsError
from streams.kafka.settings import SASL, TLS
from streams.settings import Settings

#: How long a broker may take to let us in, or to answer.
TIMEOUT_MS = 10_000


def kafka_python_options(settings: Settings) -> dict[str, Any]:
    """Arguments of KafkaAdminClient, KafkaConsumer and KafkaProducer.

    Raises: SettingsError, if a file of the TLS settings cannot be used.
    """
    return {"bootstrap_timeout_ms": TIMEOUT_MS, **aiokafka_options(settings)}


def aiokafka_options(settings: Settings) -> dict[str, Any]:
    """Arguments of AIOKafkaConsumer and AIOKafkaProducer.

    Raises: SettingsError, if a file of the TLS settings cannot be used.
    """
    return {"bootstrap_servers": settings.broker_hosts, **security_options(settings)}


def security_options(settings: Settings) -> dict[str, Any]:
    """The part of these arguments that does not say where the brokers are; both clients call it the same.

    Raises: SettingsError, if a file of the TLS settings cannot be used.
    """
    options = {
        "security_protocol": settings.kafka_security_protocol,
        "ssl_context": tls_context(settings),
    }
    if settings.kafka_security_protocol in SASL:
        options |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_sasl_user,
            "sasl_plain_password": settings.kafka_sasl_password,
        }
    return options


def faust_credentials(settings: Settings) -> Any:
    """Faust's `broker_credentials`, None without security and in memory.

    Raises: SettingsError, if a file of the TLS settings cannot be used.
    """
    if not settings.on_kafka:
        return None
    context = tls_context(settings)
    if settings.kafka_security_protocol in SASL:
        return SASLCredentials(
            username=settings.kafka_sasl_user,
            password=settings.kafka_sasl_password,
            mechanism=settings.kafka_sasl_mechanism,
            ssl_context=context,
        )
    return None if context is None else SSLCredentials(context)


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """Whom to trust and our own certificate, None without TLS.

    Raises: SettingsError, which names the file that cannot be read or is not what it must be.
    """
    if settings.kafka_security_protocol not in TLS:
        return None
    for name in ("kafka_tls_ca_file", "kafka_tls_cert_file", "kafka_tls_key_file"):
        _check_readable(name, getattr(settings, name))
    context = _trusting(settings.kafka_tls_ca_file)
    context.check_hostname = settings.kafka_tls_check_hostname
    if settings.kafka_tls_cert_file:
        _show_certificate(context, settings)
    return context


def _check_readable(name: str, path: str) -> None:
    try:
        if path:
            Path(path).read_bytes()
    except OSError as error:
        raise SettingsError(
            f"{name} is {path}, which cannot be read ({error.strerror}): check the path and its permissions."
        ) from error


def _trusting(ca_file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except ssl.SSLError as error:
        raise SettingsError(
            f"kafka_tls_ca_file is {ca_file}, which holds no certificate in PEM ({error.reason}): "
            "it must hold those of the authorities that signed the brokers'."
        ) from error


def _show_certificate(context: ssl.SSLContext, settings: Settings) -> None:
    cert, key = settings.kafka_tls_cert_file, settings.kafka_tls_key_file
    try:
        # The password is given even if empty: OpenSSL would ask the terminal for it.
        context.load_cert_chain(cert, key or None, settings.kafka_tls_key_password)
    except ssl.SSLError as error:
        raise SettingsError(
            f"kafka_tls_cert_file {cert} and kafka_tls_key_file {key or '(the same)'} are not a certificate and "
            f"its key in PEM ({error.reason}): check both, and kafka_tls_key_password if the key is encrypted."
        ) from error
