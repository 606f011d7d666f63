"""Schemas of a registry: which messages they are good for, and what becomes of the others."""

import json

import pytest
from fake_registry import ABSENT

from schemas import rest_registry
from schemas.codec import Codec
from schemas.columns import binary
from schemas.errors import RegistryError
from schemas.registry import ListRegistry, UnknownSchema
from schemas.rejects import Reason
from schemas.rest_address import RegistryAddress
from schemas.rest_client import RegistryClient
from schemas.rest_registry import RestRegistry

pytestmark = pytest.mark.usefixtures("quick")

RECORD = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]}
VERSIONS = "/subjects/things-value/versions?deleted=true"
MESSAGE = b"\x00\x00\x00\x00\x07\x02"


@pytest.fixture
def registry(fake, contract):
    client = RegistryClient(RegistryAddress.parse(fake.url), patience_s=20)
    contracts = [contract(1, [("a", "long")]), contract(2, [("a", "int")], topic="others")]
    return RestRegistry(client, ListRegistry(contracts))


def details(registry, *messages):
    """Why each message was rejected, all of them for an unknown schema."""
    rejects = Codec(registry).decode("things", binary(messages)).rejects
    assert {reject.reason for reject in rejects} <= {Reason.UNKNOWN_SCHEMA}
    return [reject.detail for reject in rejects]


def test_messages_are_read_in_the_terms_of_our_contract(fake, registry):
    fake.has(7, RECORD, "things-value")
    codec = Codec(registry)
    for _ in range(2):
        assert codec.decode("things", binary([MESSAGE])).frame.rows() == [(0, 1)]
    assert fake.asked() == ["GET /schemas/ids/7", "GET /schemas/ids/7/versions?deleted=true"]


def test_an_id_is_good_for_every_subject_that_has_it(fake, registry):
    fake.has(7, RECORD, "others-value", "things-value")
    for topic in ("things", "others"):
        assert registry.writer(topic, 7).topic == topic


@pytest.mark.parametrize(
    ("schema", "subjects", "more", "why"),
    [
        (RECORD, ["others-value"], {}, "belongs to others-value, not to things-value"),
        (RECORD, [], {}, "belongs to no subject, not to things-value"),
        (RECORD, ["things-value"], {"schemaType": "PROTOBUF"}, "is of type PROTOBUF, not AVRO"),
        (RECORD, ["things-value"], {"references": [{}]}, "refers to other schemas, which are"),
        ("int", ["things-value"], {}, "is not JSON"),
        ('"int"', ["things-value"], {}, "is an Avro int, not a record"),
        ({"type": "recrd"}, ["things-value"], {}, "is not an Avro schema"),
    ],
)
def test_schemas_that_no_message_can_be_read_by(fake, registry, schema, subjects, more, why):
    fake.has(7, schema, *subjects, **more)
    [detail] = details(registry, MESSAGE)
    assert detail.startswith(f"schema 7 {why}")


def test_poison_is_asked_for_once_in_a_while(fake, registry):
    for schema_id in (7, 8):
        fake.when(f"GET /schemas/ids/{schema_id}", ABSENT)
    fake.when(f"GET {VERSIONS}", ABSENT)
    other = MESSAGE.replace(b"\x07", b"\x08")
    for _ in range(3):
        told = details(registry, MESSAGE, other, MESSAGE)
        assert told == [f"schema {i} is not registered" for i in (7, 8, 7)]
    # Twice, in case that a replica lags; and not for every id of a stream of poison.
    first = ["GET /schemas/ids/7"] * 2 + ["GET /schemas/ids/8"]
    others = [VERSIONS.replace("things-value", name) for name in ("Thing", "things-Thing")]
    assert fake.asked() == first + [f"GET {path}" for path in (VERSIONS, *others)] * 2


def test_an_id_may_be_registered_later(fake, registry, monkeypatch):
    monkeypatch.setattr(rest_registry, "REFUSED_S", 0.0)
    fake.when("GET /schemas/ids/7", ABSENT)
    assert details(registry, MESSAGE) == ["schema 7 is not registered"]
    fake.has(7, RECORD, "things-value")
    assert details(registry, MESSAGE) == []


def test_what_a_replica_learns_late_is_no_dead_letter(fake, registry):
    fake.has(7, RECORD, "things-value")
    fake.answers["GET", "/schemas/ids/7"].insert(0, ABSENT)
    assert details(registry, MESSAGE) == []


@pytest.mark.parametrize("schema_id", [0, -1])
def test_no_registry_gives_such_ids(fake, registry, schema_id):
    with pytest.raises(UnknownSchema):
        registry.writer("things", schema_id)
    assert not fake.requests


def test_what_we_write_carries_the_registrys_id(fake, registry):
    found = {"subject": "things-value", "version": 3, "id": 7, "schema": json.dumps(RECORD)}
    fake.when("POST /subjects/things-value", ABSENT)
    fake.when("POST /subjects/things-value?normalize=true", (200, found))
    assert Codec(registry).encode("things", {"a": 1}) == MESSAGE
    assert fake.requests[0][3] == {"schema": registry.current("things").text}


def test_a_contract_that_is_not_registered(fake, registry):
    for path in ("/subjects/things-value", "/subjects/things-value?normalize=true"):
        fake.when(f"POST {path}", ABSENT)
    with pytest.raises(RegistryError, match=r"no version of things-value .* schemas register"):
        Codec(registry).prepare(["things"])


@pytest.mark.parametrize("answer", [[], {}, {"schema": None, "references": 3}, 7, "text"])
def test_json_that_no_registry_gives(fake, registry, answer):
    fake.when("GET /schemas/ids/7", (200, answer))
    fake.when("GET /schemas/ids/7/versions?deleted=true", (200, answer))
    with pytest.raises(RegistryError, match="does not answer like a schema registry"):
        registry.writer("things", 7)
