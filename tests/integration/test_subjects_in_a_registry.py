"""A real registry: subjects by each strategy, schemas as Java's Avro writes them, and contracts that move on."""

import json
import math
from typing import Any
from uuid import uuid4

import pytest
from local_registry import LocalRegistry

from schemas.codec import Codec
from schemas.columns import binary
from schemas.errors import RegistryError
from schemas.registration import check, register, require_subjects
from schemas.registry import Contract, DirectoryRegistry, ListRegistry, parse_contract
from schemas.rest_address import RegistryAddress
from schemas.rest_api import RegistryApi
from schemas.rest_client import RegistryClient
from schemas.rest_registry import RestRegistry
from schemas.subjects import Strategy
from schemas.topics import NOTE_SAVES
from schemas.wire import header

SAVE = {"user_id": "u", "occurred_at": 1, "note_id": "n", "brand_id": "b", "action": "SAVE"}


@pytest.fixture
def api(registry: LocalRegistry) -> RegistryApi:
    return RegistryApi(RegistryClient(RegistryAddress.parse(registry.url), math.inf))


def of_its_own(contract: Contract, topic: str, **more: Any) -> Contract:
    """A contract under a topic, and with a record name, that no other test has."""
    schema = json.loads(contract.text) | {"name": f"Saved{topic}"} | more
    return parse_contract(contract.schema_id, topic, json.dumps(schema), contract.origin)


@pytest.mark.parametrize("strategy", Strategy)
def test_strategies(api: RegistryApi, strategy: Strategy) -> None:
    topic = uuid4().hex
    ours = of_its_own(DirectoryRegistry().current(NOTE_SAVES), topic)
    with pytest.raises(RegistryError, match="has no subject"):
        require_subjects(api, [ours])
    [registered] = register(api, [ours], strategy=strategy)
    require_subjects(api, [ours])
    assert registered.subject == strategy.subject(topic, ours.schema.fullname)
    assert [finding.ok for finding in check(api, [ours])] == [True, True]

    theirs = of_its_own(ours, topic, namespace="com.shop")
    its_id = api.register(strategy.subject(topic, theirs.schema.fullname), theirs.text)
    codec = Codec(RestRegistry(api.client, ListRegistry([ours])))
    message = codec.encode(topic, SAVE)
    decoded = codec.decode(topic, binary([message, header(its_id) + message[5:]]))
    assert decoded.frame.drop("row").rows(named=True) == [SAVE] * 2


def test_contracts_move_on_where_readers_of_before_need_not_follow(api: RegistryApi) -> None:
    topic = uuid4().hex
    former, current = (of_its_own(each, topic) for each in DirectoryRegistry().versions(NOTE_SAVES))
    register(api, [former], compatibility="FULL_TRANSITIVE")
    with pytest.raises(RegistryError, match=r"incompatible .* it takes no new symbols"):
        register(api, [current])
    [registered] = register(api, [current], compatibility="BACKWARD")
    assert registered.new
    register(api, [current], compatibility="FULL")
    schema = json.loads(current.text)
    [action] = [field for field in schema["fields"] if field["name"] == "action"]
    action["type"]["symbols"].insert(0, "PIN")
    newer = api.register(f"{topic}-value", json.dumps(schema))
    assert all(finding.ok for finding in check(api, [current]))
    codec = Codec(RestRegistry(api.client, ListRegistry([former, current])))
    message = header(newer) + codec.encode(topic, SAVE)[5:-1] + b"\0"
    assert codec.decode(topic, binary([message])).frame["action"].to_list() == ["OTHER"]
