"""Subjects by every strategy that serializers have, and in contexts."""

import json

import pytest

from schemas.codec import Codec
from schemas.columns import binary
from schemas.registration import check, register, require_subjects
from schemas.registry import ListRegistry
from schemas.rest_address import RegistryAddress
from schemas.rest_api import RegistryApi
from schemas.rest_client import RegistryClient
from schemas.rest_registry import RestRegistry
from schemas.subjects import Strategy, subjects_of, without_context
from schemas.wire import header

pytestmark = pytest.mark.usefixtures("quick")

THEIRS = {
    "type": "record",
    "name": "Thing",
    "namespace": "com.my-team",
    "fields": [{"name": "a", "type": "int"}],
}
MESSAGE = header(7) + b"\x02"


def registry_at(url, contract):
    client = RegistryClient(RegistryAddress.parse(url), patience_s=0)
    return RestRegistry(client, ListRegistry([contract(1, [("a", "long")])]))


def rows(registry):
    decoded = Codec(registry).decode("things", binary([MESSAGE]))
    assert [reject.detail for reject in decoded.rejects] == []
    return decoded.frame.rows()


def test_strategies():
    expected = ["note-views-value", "zhongcao.NoteViewed", "note-views-zhongcao.NoteViewed"]
    assert subjects_of("note-views", "zhongcao.NoteViewed") == expected


@pytest.mark.parametrize(
    ("subject", "plain"),
    [
        ("note-views-value", "note-views-value"),
        (":.shop:note-views-value", "note-views-value"),
        (":.shop:com.my-team.Thing", "com.my-team.Thing"),
        (":.:note-views-value", "note-views-value"),
        (":shop:note-views-value", ":shop:note-views-value"),
        (":.shop", ":.shop"),
    ],
)
def test_contexts(subject, plain):
    assert without_context(subject) == plain


@pytest.mark.parametrize("context", ["", ":.shop:"])
@pytest.mark.parametrize(
    "subject", ["things-value", "com.my-team.Thing", "things-com.my-team.Thing"]
)
def test_a_producers_schema_is_read(fake, contract, context, subject):
    fake.has(7, THEIRS, f"{context}{subject}")
    assert rows(registry_at(fake.url, contract)) == [(0, 1)]


@pytest.mark.parametrize(
    "subject", ["things-key", "others-value", "com.my-team.Other", "others-com.my-team.Thing"]
)
def test_a_schema_of_others_is_not(fake, contract, subject):
    fake.has(7, THEIRS, subject)
    [reject] = Codec(registry_at(fake.url, contract)).decode("things", binary([MESSAGE])).rejects
    assert reject.detail == f"schema 7 belongs to {subject}, not to things-value"


def test_an_id_is_found_among_made_up_ones_under_a_subject_that_was_met(
    fake, contract, monkeypatch
):
    monkeypatch.setattr("schemas.rest_registry.ASKED_IN_VAIN", 0)
    fake.has(7, THEIRS, "com.my-team.Thing")
    registry = registry_at(fake.url, contract)
    assert "is not among" in str(registry.writers("things", [7])[7])
    monkeypatch.undo()
    assert rows(registry) == [(0, 1)]
    monkeypatch.setattr("schemas.rest_registry.ASKED_IN_VAIN", 0)
    fake.has(8, THEIRS, "com.my-team.Thing")
    assert registry.writers("things", [8])[8].schema_id == 8


def test_a_context_is_a_path_of_the_registry(fake, contract):
    fake.when("GET /contexts/.shop/schemas/ids/7", (200, {"schema": json.dumps(THEIRS)}))
    entry = {"subject": ":.shop:things-value", "version": 1}
    fake.when("GET /contexts/.shop/schemas/ids/7/versions?deleted=true", (200, [entry]))
    assert rows(registry_at(f"{fake.url}/contexts/.shop", contract)) == [(0, 1)]


@pytest.mark.parametrize("strategy", Strategy)
def test_ours_is_registered_checked_and_written_by(fake, contract, strategy):
    ours = contract(1, [("a", "int")])
    subject = strategy.subject("things", "Thing")
    found = {"subject": subject, "version": 1, "id": 7, "schema": ours.text}
    compatible = f"POST /compatibility/subjects/{subject}/versions/latest?verbose=true"
    fake.when(compatible, (404, {"error_code": 40401}))
    fake.when(f"POST /subjects/{subject}/versions", (200, {"id": 7}))
    api = RegistryApi(RegistryClient(RegistryAddress.parse(fake.url), patience_s=0))
    [registered] = register(api, [ours], strategy=strategy)
    assert (registered.subject, registered.new) == (subject, True)

    fake.when(f"POST /subjects/{subject}", (200, found))
    fake.when(f"GET /subjects/{subject}/versions", (200, [1]))
    fake.when(f"GET /subjects/{subject}/versions/1", (200, found))
    require_subjects(api, [ours])
    told = [(finding.what, finding.ok) for finding in check(api, [ours])]
    assert told == [(subject, True), (f"{subject} version 1", True)]
    registry = RestRegistry(api.client, ListRegistry([ours]))
    assert Codec(registry).encode("things", {"a": 1}) == MESSAGE
