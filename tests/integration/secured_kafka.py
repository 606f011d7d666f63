"""A broker that asks who is there: SASL with and without TLS, and TLS with a client certificate.

Its certificates are made on the spot, and are worth nothing elsewhere.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trustme
from cryptography.hazmat.primitives import serialization
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    KafkaAdminClient,
    ResourcePatternFilter,
    ResourceType,
)
from local_kafka import LocalKafka, Security
from waiting import wait_until

USER, PASSWORD = "alice", "alice's secret"

PROPERTIES = """
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=true
super.users=User:ANONYMOUS
ssl.keystore.type=PEM
ssl.keystore.location={broker}
ssl.truststore.type=PEM
ssl.truststore.location={ca}
listener.name.ssl.ssl.client.auth=required
listener.name.sasl_ssl.sasl.enabled.mechanisms=SCRAM-SHA-512,SCRAM-SHA-256,PLAIN
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
    user_{user}="{password}";
listener.name.sasl_plaintext.sasl.enabled.mechanisms=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
    user_{user}="{password}";
"""


@dataclass(frozen=True)
class SecuredKafka:
    """A broker, and what its clients need: ca, client certificate and key in one file."""

    broker: LocalKafka
    ca: Path
    client: Path

    def tls(self) -> dict[str, Any]:
        """Settings of a client that is known by its certificate."""
        return {
            "broker": f"kafka://{self.broker.addresses['SSL']}",
            "kafka_security_protocol": "SSL",
            "kafka_tls_ca_file": str(self.ca),
            "kafka_tls_cert_file": str(self.client),
        }

    def sasl(self, mechanism: str = "SCRAM-SHA-512") -> dict[str, Any]:
        """Settings of a client that is known by name and password, over TLS."""
        return self.sasl_in_the_clear(mechanism) | {
            "broker": f"kafka://{self.broker.addresses['SASL_SSL']}",
            "kafka_security_protocol": "SASL_SSL",
            "kafka_tls_ca_file": str(self.ca),
        }

    def sasl_in_the_clear(self, mechanism: str = "PLAIN") -> dict[str, Any]:
        """The same without TLS; there the broker knows PLAIN only."""
        return {
            "broker": f"kafka://{self.broker.addresses['SASL_PLAINTEXT']}",
            "kafka_security_protocol": "SASL_PLAINTEXT",
            "kafka_sasl_mechanism": mechanism,
            "kafka_sasl_user": USER,
            "kafka_sasl_password": PASSWORD,
        }

    def set_acls(self, user: str, acls: Sequence[ACL]) -> None:
        """Have a user these ACLs and no others; return when they hold, a moment after the broker has taken them."""
        anything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
        of_user = ACLFilter(f"User:{user}", "*", ACLOperation.ANY, ACLPermissionType.ANY, anything)
        with KafkaAdminClient(bootstrap_servers=self.broker.address) as admin:
            admin.delete_acls([of_user])
            admin.create_acls(acls)
            wait_until(lambda: {*admin.describe_acls(of_user)[0]} == {*acls})


@contextmanager
def secured_kafka(folder: Path) -> Iterator[SecuredKafka]:
    """The broker while inside; its certificates lie in the folder."""
    authority = trustme.CA()
    ca, broker, client = (folder / f"{name}.pem" for name in ("ca", "broker", "client"))
    authority.cert_pem.write_to_path(str(ca))
    broker.write_bytes(_as_kafka_reads_it(authority.issue_cert("127.0.0.1")))
    authority.issue_cert("client").private_key_and_cert_chain_pem.write_to_path(str(client))
    security = Security(
        protocols=("SSL", "SASL_PLAINTEXT", "SASL_SSL"),
        properties=PROPERTIES.format(ca=ca, broker=broker, user=USER, password=PASSWORD),
        scram=[f"SCRAM-SHA-{n}=[name={USER},password={PASSWORD}]" for n in (256, 512)],
    )
    with LocalKafka(security=security) as kafka:
        yield SecuredKafka(kafka, ca, client)


def _as_kafka_reads_it(cert: trustme.LeafCert) -> bytes:
    """Key and certificates in one PEM file; Kafka takes a key in PKCS #8 only."""
    key = serialization.load_pem_private_key(cert.private_key_pem.bytes(), None)
    pkcs8 = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pkcs8 + b"".join(pem.bytes() for pem in cert.cert_chain_pems)
