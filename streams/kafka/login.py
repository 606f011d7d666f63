"""Why Kafka does not let us in.

The clients retry whatever goes wrong, a wrong password too, and tell in the end that time is up. So before one of them
is started we log in once ourselves, over aiokafka's connection, which raises what happened.
"""

import asyncio
import ssl
import time
from typing import Any

from aiokafka.conn import AIOKafkaConnection, collect_hosts
from aiokafka.errors import KafkaError, SaslAuthenticationFailed, UnsupportedSaslMechanismError
from aiokafka.protocol.metadata import MetadataRequest

from schemas.errors import BrokerError
from streams.kafka.access import TIMEOUT_MS, security_options
from streams.settings import Settings

#: How long to wait before a broker that is not there is asked again.
RETRY_S = 0.5


def log_in(settings: Settings) -> None:
    """Return once one of the brokers has let us in; one that is not there yet is waited for, for TIMEOUT_MS.

    Raises: BrokerError, which tells why none did; SettingsError, if a file of the TLS settings cannot be used.
    """
    security = security_options(settings)
    deadline = time.monotonic() + TIMEOUT_MS / 1000
    while refusal := asyncio.run(_refusal(settings.broker_hosts, security)):
        if not _may_pass(refusal) or time.monotonic() >= deadline:
            told = f"Kafka at {settings.broker} {_reason(refusal, settings)}."
            raise BrokerError(told) from refusal
        time.sleep(RETRY_S)


async def _refusal(hosts: list[str], security: dict[str, Any]) -> Exception | None:
    """Why no broker lets us in, of several reasons one that waiting will not change; None if any lets us in."""
    refusals: list[Exception] = []
    for host, port, _ in collect_hosts(hosts, randomize=False):
        try:
            await _talk(host, port, security)
        except (OSError, KafkaError) as error:
            refusals.append(error)
        else:
            return None
    return min(refusals, key=_may_pass)


async def _talk(host: str, port: int, security: dict[str, Any]) -> None:
    """Ask a broker something that it tells only to those whom it let in, as its versions are for everybody."""
    made = asyncio.Event()
    connection = AIOKafkaConnection(
        host, port, request_timeout_ms=TIMEOUT_MS, on_close=lambda *_: made.set(), **security
    )
    try:
        await connection.connect()
        await connection.send(MetadataRequest([]))
    finally:
        closed = connection.close()
        if made.is_set():  # A connection that was never made does not end either.
            await closed


def _may_pass(refusal: Exception) -> bool:
    return isinstance(refusal, OSError) and not isinstance(refusal, ssl.SSLError)


def _reason(refusal: Exception, settings: Settings) -> str:
    """The rest of a sentence that begins with the broker: what it does, and what to do about it."""
    cause = refusal.__cause__ or refusal
    match cause:
        case SaslAuthenticationFailed():
            return (
                f"does not let the user {settings.kafka_sasl_user} in with this password: check kafka_sasl_user, "
                f"kafka_sasl_password and kafka_sasl_mechanism ({settings.kafka_sasl_mechanism})"
            )
        case UnsupportedSaslMechanismError():
            return f"does not speak {settings.kafka_sasl_mechanism}: set kafka_sasl_mechanism to one that it does"
        case ssl.SSLCertVerificationError():
            return (
                f"shows a certificate that is not trusted ({cause.verify_message.rstrip('.')}): check the name "
                "in broker, and that kafka_tls_ca_file holds the authority that signed the certificate"
            )
        case ssl.SSLError():
            return (
                f"broke off TLS ({cause.reason}): check that it trusts kafka_tls_cert_file, and that its port "
                f"is one for {settings.kafka_security_protocol} (kafka_security_protocol)"
            )
        case ConnectionResetError() | EOFError() | KafkaError():
            return (
                "hung up: check that its port is one for "
                f"{settings.kafka_security_protocol} (kafka_security_protocol)"
            )
    return f"cannot be reached ({cause}): check the address and that the broker runs"
