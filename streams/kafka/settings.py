"""Who we are to Kafka, and whom we trust: a part of the settings."""

from dataclasses import dataclass, field, fields

from schemas.errors import SettingsError

SASL = ("SASL_PLAINTEXT", "SASL_SSL")
TLS = ("SSL", "SASL_SSL")
PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
#: What aiokafka and kafka-python both speak with a name and a password.
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """Files are PEM; they are read when Kafka is talked to. What is not shown in a repr is a secret."""

    #: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL, as in every Kafka client.
    kafka_security_protocol: str = "PLAINTEXT"
    #: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.
    kafka_sasl_mechanism: str = "SCRAM-SHA-512"
    kafka_sasl_user: str = ""
    kafka_sasl_password: str = field(default="", repr=False)
    #: The authorities that may have signed the brokers' certificates; empty: those of the system.
    kafka_tls_ca_file: str = ""
    #: Our own certificate, with those between it and its authority, where brokers ask for one.
    kafka_tls_cert_file: str = ""
    #: The key of that certificate; empty: it is in the same file.
    kafka_tls_key_file: str = ""
    #: What that key is encrypted with, if it is.
    kafka_tls_key_password: str = field(default="", repr=False)
    #: Must a broker's certificate bear the name by which it was called?
    kafka_tls_check_hostname: bool = True


def check_kafka(settings: KafkaSettings) -> None:
    """Settings that contradict each other would connect in another way than the operator thinks.

    Raises: SettingsError.
    """
    for check in (_check_choices, _check_unused, _check_user, _check_certificate):
        check(settings)


def _check_choices(settings: KafkaSettings) -> None:
    choices = {"kafka_security_protocol": PROTOCOLS, "kafka_sasl_mechanism": MECHANISMS}
    for name, known in choices.items():
        value = getattr(settings, name)
        if value not in known:
            raise SettingsError(f"{name} is {value!r} but must be one of {', '.join(known)}.")


def _check_unused(settings: KafkaSettings) -> None:
    protocol = settings.kafka_security_protocol
    for prefix, protocols in (("kafka_sasl_", SASL), ("kafka_tls_", TLS)):
        for f in fields(KafkaSettings):
            is_set = getattr(settings, f.name) != f.default
            if f.name.startswith(prefix) and is_set and protocol not in protocols:
                raise SettingsError(
                    f"{f.name} is set, but kafka_security_protocol is {protocol}, which has no use for it: "
                    f"set that to {' or '.join(protocols)}, or leave {f.name} out."
                )


def _check_user(settings: KafkaSettings) -> None:
    protocol, user = settings.kafka_security_protocol, settings.kafka_sasl_user
    if protocol not in SASL:
        return
    for name in ("kafka_sasl_user", "kafka_sasl_password"):
        if not getattr(settings, name):
            raise SettingsError(
                f"{name} is empty, but kafka_security_protocol is {protocol}: set it."
            )
    if settings.kafka_sasl_mechanism != "PLAIN" and set(user) & set(",="):
        raise SettingsError(
            f"kafka_sasl_user is {user!r}, but a name with a comma or an equals sign cannot log in with "
            f"{settings.kafka_sasl_mechanism}: use another user."
        )


def _check_certificate(settings: KafkaSettings) -> None:
    if settings.kafka_tls_cert_file:
        return
    for name in ("kafka_tls_key_file", "kafka_tls_key_password"):
        if getattr(settings, name):
            raise SettingsError(
                f"{name} is set without kafka_tls_cert_file: set that to the certificate of the key."
            )
