"""Contracts, ids and schemas of other producers in a real schema registry."""

import json
import logging
import math
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from local_registry import LocalRegistry

from schemas.codec import Codec
from schemas.columns import binary
from schemas.errors import RegistryError
from schemas.registration import check, register
from schemas.registry import Contract, DirectoryRegistry, ListRegistry, parse_contract
from schemas.rejects import Reason
from schemas.rest_address import RegistryAddress
from schemas.rest_api import RegistryApi
from schemas.rest_client import RegistryClient
from schemas.rest_registry import RestRegistry
from schemas.topics import NOTE_VIEWS
from schemas.wire import header

VIEW = {
    "user_id": "u",
    "occurred_at": 1_750_000_000_000,
    "note_id": "n",
    "brand_id": "b",
    "surface": "SEARCH",
    "promoted": False,
    "dwell_ms": 5,
}


@pytest.fixture
def client(registry: LocalRegistry) -> RegistryClient:
    return RegistryClient(RegistryAddress.parse(registry.url), math.inf)


@pytest.fixture
def api(client: RegistryClient) -> RegistryApi:
    return RegistryApi(client)


@pytest.fixture
def views() -> Contract:
    """The contract of views, under a topic of the test's own, and an id that no registry gives it."""
    text = DirectoryRegistry().current(NOTE_VIEWS).text
    return parse_contract(4711, f"views-{uuid4().hex}", text, "0001-views.avsc")


def codec_of(client: RegistryClient, *contracts: Contract) -> Codec:
    return Codec(RestRegistry(client, ListRegistry(contracts)))


def changed(contract: Contract, *fields: dict[str, Any], without: str = "") -> str:
    """A contract's schema with more fields, and without one, as another producer may register it."""
    schema = json.loads(contract.text)
    kept = [field for field in schema["fields"] if field["name"] != without]
    return json.dumps(schema | {"fields": [*kept, *fields]})


def test_registering_again_changes_nothing(api: RegistryApi, views: Contract) -> None:
    [finding] = check(api, [views])
    assert "0001-views.avsc is not registered" in finding.told
    [first], [again] = register(api, [views]), register(api, [views])
    assert (first.new, again.new) == (True, False)
    assert first.schema_id == again.schema_id
    assert [finding.ok for finding in check(api, [views])] == [True, True]


def test_the_text_may_be_set_differently(
    api: RegistryApi, client: RegistryClient, views: Contract
) -> None:
    api.register(f"{views.topic}-value", json.dumps(json.loads(views.text), indent=1))
    codec = codec_of(client, views)
    decoded = codec.decode(views.topic, binary([codec.encode(views.topic, VIEW)]))
    assert decoded.frame.drop("row").rows(named=True) == [VIEW]


def test_messages_carry_the_registrys_id(
    api: RegistryApi, client: RegistryClient, views: Contract
) -> None:
    codec = codec_of(client, views)
    with pytest.raises(RegistryError, match="run `zhongcao schemas register`"):
        codec.encode(views.topic, VIEW)
    api.register(f"{views.topic}-value", changed(views, without="dwell_ms"))
    [registered] = register(api, [views])
    message = codec.encode(views.topic, VIEW)
    assert message.startswith(header(registered.schema_id))
    assert registered.schema_id != views.schema_id
    assert codec.decode(views.topic, binary([message])).frame["dwell_ms"].to_list() == [5]


def test_producers_move_on_and_their_messages_are_read(
    api: RegistryApi, client: RegistryClient, views: Contract
) -> None:
    register(api, [views], compatibility="FULL_TRANSITIVE")
    city = {"name": "city", "type": ["null", "string"], "default": None}
    theirs = changed(views, city, without="dwell_ms")
    their_id = api.register(f"{views.topic}-value", theirs)
    assert all(finding.ok for finding in check(api, [views]))

    codec = codec_of(client, views)
    other = Codec(ListRegistry([parse_contract(their_id, views.topic, theirs, "theirs")]))
    new = {name: value for name, value in VIEW.items() if name != "dwell_ms"} | {"city": "杭州"}
    mixed = [codec.encode(views.topic, VIEW), other.encode(views.topic, new)] * 50
    decoded = codec.decode(views.topic, binary(mixed))
    assert not decoded.rejects
    read = decoded.frame.drop("row").rows(named=True)
    assert read == [VIEW, VIEW | {"dwell_ms": None}] * 50

    with pytest.raises(RegistryError, match=r"refuses POST .* \(code 409\)"):
        api.register(f"{views.topic}-value", changed(views, without="note_id"))


def test_a_field_that_we_renamed_is_read_under_both_names(
    api: RegistryApi, client: RegistryClient, views: Contract
) -> None:
    [old] = register(api, [views])
    paid = {"name": "paid", "type": "boolean", "aliases": ["promoted"]}
    text = changed(views, paid, without="promoted")
    ours = parse_contract(4712, views.topic, text, "0002-views.avsc")
    [new] = register(api, [ours])
    assert new.new
    before, now = codec_of(client, views), codec_of(client, ours)
    renamed = {name: value for name, value in VIEW.items() if name != "promoted"} | {"paid": True}
    messages = [before.encode(views.topic, VIEW), now.encode(views.topic, renamed)]
    assert [message[:5] for message in messages] == [header(old.schema_id), header(new.schema_id)]
    assert now.decode(views.topic, binary(messages)).frame["paid"].to_list() == [False, True]
    assert all(finding.ok for finding in check(api, [ours]))


def test_messages_outlive_the_version_that_they_were_written_with(
    api: RegistryApi, client: RegistryClient, views: Contract
) -> None:
    subject = f"{views.topic}-value"
    register(api, [views])
    message = codec_of(client, views).encode(views.topic, VIEW)
    api.register(subject, changed(views, without="dwell_ms"))
    [ours, _] = api.versions(subject)
    client.send("DELETE", f"/subjects/{subject}/versions/{ours}")
    assert ours not in api.versions(subject)
    made_up = [header(1_000_000 + n) for n in range(100)] * 2
    for messages in ([message], [*made_up, message]):
        assert codec_of(client, views).decode(views.topic, binary(messages)).frame.height == 1


def test_what_breaks_us_is_found(api: RegistryApi, views: Contract) -> None:
    register(api, [views])
    api.register(f"{views.topic}-value", changed(views, without="note_id"))
    *_, finding = check(api, [views])
    assert not finding.ok
    assert "it has no field note_id" in finding.told


def test_messages_that_no_schema_fits(
    api: RegistryApi, client: RegistryClient, views: Contract
) -> None:
    [ours] = register(api, [views])
    base = {"type": "record", "name": "x.Base", "fields": [{"name": "a", "type": "int"}]}
    elsewhere = api.register(f"base-{views.topic}", json.dumps(base))
    body = {
        "schema": '{"type": "record", "name": "R", "fields": [{"name": "b", "type": "x.Base"}]}',
        "references": [{"name": "x.Base", "subject": f"base-{views.topic}", "version": 1}],
    }
    refers = client.send("POST", f"/subjects/refers-{views.topic}-value/versions", body)
    json_schema = {"schema": '{"$schema": "http://json-schema.org/draft-07/schema#"}'}
    typed = json_schema | {"schemaType": "JSON"}
    of_json = client.send("POST", f"/subjects/{views.topic}-value/versions", typed)
    assert refers
    assert of_json

    codec = codec_of(client, views)
    good = codec.encode(views.topic, VIEW)
    ids = [424_242, elsewhere, refers["id"], of_json["id"]]
    messages = [good, *(header(schema_id) + good[5:] for schema_id in ids)]
    decoded = codec.decode(views.topic, binary(messages))
    assert decoded.frame["row"].to_list() == [0]
    assert good.startswith(header(ours.schema_id))
    assert {reject.reason for reject in decoded.rejects} == {Reason.UNKNOWN_SCHEMA}
    details = [reject.detail for reject in decoded.rejects]
    assert details[0] == "schema 424242 is not registered"
    assert f"belongs to base-{views.topic}" in details[1]
    assert f"belongs to refers-{views.topic}-value" in details[2]
    assert details[3] == f"schema {of_json['id']} is of type JSON, not AVRO"


def test_a_registry_that_restarts_costs_nothing_but_time(
    registry: LocalRegistry,
    api: RegistryApi,
    client: RegistryClient,
    views: Contract,
    caplog: pytest.LogCaptureFixture,
) -> None:
    register(api, [views])
    message = codec_of(client, views).encode(views.topic, VIEW)
    with ThreadPoolExecutor(1) as thread, caplog.at_level(logging.WARNING):
        with registry.away():
            decoding = thread.submit(codec_of(client, views).decode, views.topic, binary([message]))
            while "is away" not in caplog.text:
                assert not decoding.done()
                time.sleep(0.05)
        assert decoding.result(60).frame.height == 1
    assert "is back" in caplog.text
