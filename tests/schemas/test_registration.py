"""Our contracts are registered all or none, and what stands beside them is checked."""

import json

import pytest
from fake_registry import ABSENT

from schemas.errors import RegistryError
from schemas.registration import check, register, require_subjects
from schemas.rest_address import RegistryAddress
from schemas.rest_api import RegistryApi
from schemas.rest_client import RegistryClient


@pytest.fixture
def api(fake):
    return RegistryApi(RegistryClient(RegistryAddress.parse(fake.url), patience_s=0))


@pytest.fixture
def contracts(contract):
    return [contract(1, [("a", "int")]), contract(2, [("b", "int")], topic="others")]


def without(fake, *subjects):
    for subject in subjects:
        for path in (f"/subjects/{subject}", f"/subjects/{subject}?normalize=true"):
            fake.when(f"POST {path}", ABSENT)


def versions_of(fake, subject, *entries):
    """Give a subject versions 1, 2, … with the ids 10, 20, …"""
    fake.when(f"GET /subjects/{subject}/versions", (200, list(range(1, len(entries) + 1))))
    for version, entry in enumerate(entries, start=1):
        whole = {"subject": subject, "version": version, "id": 10 * version, **entry}
        fake.when(f"GET /subjects/{subject}/versions/{version}", (200, whole))


def record(*fields):
    return {"schema": json.dumps({"type": "record", "name": "R", "fields": list(fields)})}


def test_nothing_is_registered_if_one_is_incompatible(fake, api, contracts):
    without(fake, "things-value", "others-value")
    compatibility = "POST /compatibility/subjects/{}-value/versions/latest?verbose=true"
    fake.when(compatibility.format("things"), (200, {"is_compatible": True}))
    verdict = {"is_compatible": False, "messages": ["READER_FIELD_MISSING", "b"]}
    fake.when(compatibility.format("others"), (200, verdict))
    message = r"0002-others.avsc incompatible .* others-value: READER_FIELD_MISSING; b; nothing"
    with pytest.raises(RegistryError, match=message):
        register(api, contracts)
    assert not [request for request in fake.asked() if request.endswith("/versions")]


def test_a_subject_that_is_new_takes_anything(fake, api, contracts):
    without(fake, "things-value")
    path = "/compatibility/subjects/things-value/versions/latest?verbose=true"
    fake.when(f"POST {path}", (404, {"error_code": 40401}))
    fake.when("POST /subjects/things-value/versions", (200, {"id": 7}))
    [registered] = register(api, contracts[:1])
    assert (registered.subject, registered.schema_id, registered.new) == ("things-value", 7, True)
    assert fake.requests[-1][3] == {"schema": contracts[0].text}


def test_each_version_is_checked(fake, api, contracts):
    without(fake, "things-value")
    a = {"name": "a", "type": "int"}
    versions_of(
        fake,
        "things-value",
        record(a, {"name": "more", "type": "string"}),
        record({"name": "b", "type": "int"}),
        record(a | {"type": ["null", "int"]}),
        {"schema": "{}", "schemaType": "JSON"},
        {"schema": "{}"},
    )
    fake.when("GET /subjects/things-value/versions/5", ABSENT)  # deleted meanwhile
    found = [(finding.ok, finding.told) for finding in check(api, contracts[:1])]
    assert found == [
        (False, "0001-things.avsc is not registered: run `zhongcao schemas register`"),
        (True, "id 10 can be read"),
        (False, "id 20 cannot be read: it has no field a, nor has that a default"),
        (False, "id 30 cannot be read: field a may be null"),
        (False, "id 40 is of type JSON, not AVRO"),
    ]


def test_a_worker_needs_all_subjects(fake, api, contracts):
    fake.when("GET /subjects/things-value/versions", (200, [1]))
    fake.when("GET /subjects/others-value/versions", (404, {"error_code": 40401}))
    require_subjects(api, contracts[:1])
    message = r"no subject others-value or Thing or others-Thing: run .*schemas register"
    with pytest.raises(RegistryError, match=message):
        require_subjects(api, contracts)


def test_who_is_overtaken_takes_what_is_there(fake, api, contracts):
    """A registry that is still loading says first that it has nothing, and then that it has it."""
    own = {"subject": "things-value", "version": 1, "id": 7, "schema": contracts[0].text}
    fake.when("POST /subjects/things-value", ABSENT, (200, own))
    fake.when("POST /subjects/things-value?normalize=true", ABSENT)
    compatible = "POST /compatibility/subjects/things-value/versions/latest?verbose=true"
    fake.when(compatible, (200, {"is_compatible": True}))
    refusal = {"error_code": 409, "message": "already exists"}
    fake.when("POST /subjects/things-value/versions", (409, refusal))
    [registered] = register(api, contracts[:1])
    assert (registered.schema_id, registered.new) == (7, False)


def test_a_refusal_is_told_where_nothing_is_there(fake, api, contracts):
    without(fake, "things-value")
    compatible = "POST /compatibility/subjects/things-value/versions/latest?verbose=true"
    fake.when(compatible, (200, {"is_compatible": True}))
    refusal = {"error_code": 409, "message": "not this one"}
    fake.when("POST /subjects/things-value/versions", (409, refusal))
    with pytest.raises(RegistryError, match="not this one"):
        register(api, contracts[:1])
