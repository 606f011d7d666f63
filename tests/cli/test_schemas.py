"""zhongcao schemas, and what zhongcao doctor says of a schema registry."""

from collections.abc import Iterator

import pytest
from commands import Zhongcao
from fake_registry import ABSENT, FakeRegistry

from schemas.registry import DirectoryRegistry
from schemas.topics import NOTE_VIEWS, SOURCE_TOPICS

URL = "ZHONGCAO_SCHEMA_REGISTRY_URL"


@pytest.fixture
def fake() -> Iterator[FakeRegistry]:
    """A registry that has every contract, under the ids 11, 12, …"""
    contracts = DirectoryRegistry()
    with FakeRegistry() as registry:
        for schema_id, topic in enumerate(SOURCE_TOPICS, start=11):
            text = contracts.current(topic).text
            found = {"subject": f"{topic}-value", "version": 1, "id": schema_id, "schema": text}
            registry.when(f"POST /subjects/{topic}-value", (200, found))
            registry.when(f"GET /subjects/{topic}-value/versions", (200, [1]))
            registry.when(f"GET /subjects/{topic}-value/versions/1", (200, found))
        yield registry


def test_what_is_registered_is_left_as_it_is(zhongcao: Zhongcao, fake: FakeRegistry) -> None:
    for topic in SOURCE_TOPICS:
        fake.when(f"PUT /config/{topic}-value", (200, {"compatibility": "FULL_TRANSITIVE"}))
    args = ("schemas", "register", "--compatibility", "FULL_TRANSITIVE")
    done = zhongcao(*args, **{URL: fake.url})
    assert done.returncode == 0, done.stderr
    assert "note-views-value: was there, id 11" in done.stdout
    assert "Later versions must be FULL_TRANSITIVE." in done.stdout
    assert fake.requests[-1][3] == {"compatibility": "FULL_TRANSITIVE"}


def test_check_and_doctor_name_what_we_cannot_read(zhongcao: Zhongcao, fake: FakeRegistry) -> None:
    assert zhongcao("schemas", "check", **{URL: fake.url}).returncode == 0
    fake.when(f"GET /subjects/{NOTE_VIEWS}-value/versions", (200, [1, 2]))
    other = {"subject": f"{NOTE_VIEWS}-value", "version": 2, "id": 20, "schema": '"int"'}
    fake.when(f"GET /subjects/{NOTE_VIEWS}-value/versions/2", (200, other))
    sentence = zhongcao.fails("schemas", "check", **{URL: fake.url})
    assert sentence == "error: note-views-value version 2: id 20 is an Avro int, not a record."
    told = zhongcao("doctor", **{URL: fake.url, "COLUMNS": "200", "ZHONGCAO_BROKER": "memory://x"})
    assert "note-views-value version 2" in told.stdout


def test_a_file_is_not_published_without_ids(zhongcao: Zhongcao, fake: FakeRegistry) -> None:
    zhongcao.ok("generate", "--events", "10", "--output", "events.jsonl")
    for more in ("", "?normalize=true"):
        fake.when(f"POST /subjects/{NOTE_VIEWS}-value{more}", ABSENT)
    replay = ("replay", "events.jsonl", "--format", "jsonl")
    assert "run `zhongcao schemas register`" in zhongcao.fails(*replay, **{URL: fake.url})


def test_no_registry(zhongcao: Zhongcao) -> None:
    assert "schema_registry_url is empty" in zhongcao.fails("schemas", "check", code=2)
    away = {URL: "http://u:geheim@127.0.0.1:1", "COLUMNS": "200", "ZHONGCAO_BROKER": "memory://x"}
    told = zhongcao("doctor", **away)
    assert "The schema registry at http://127.0.0.1:1 did not answer" in told.stdout
    assert "geheim" not in told.stdout + told.stderr


def test_subjects_are_named_as_producers_name_them(zhongcao: Zhongcao, fake: FakeRegistry) -> None:
    contracts = DirectoryRegistry()
    for topic in SOURCE_TOPICS:
        record = contracts.current(topic).schema.fullname
        for subject, schema_id in ((record, 31), (f"{topic}-{record}", 32)):
            found = {"subject": subject, "version": 1, "id": schema_id, "schema": "{}"}
            fake.when(f"POST /subjects/{subject}", (200, found))
    for strategy, told in (
        ("record", "zhongcao.NoteViewed: was there, id 31"),
        ("topic-record", "note-views-zhongcao.NoteViewed: was there, id 32"),
        ("topic", "note-views-value: was there, id 11"),
    ):
        done = zhongcao("schemas", "register", "--subjects", strategy, **{URL: fake.url})
        assert told in done.stdout, done.stderr
