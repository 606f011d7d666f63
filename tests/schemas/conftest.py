import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fake_registry import FakeRegistry

from schemas import rest_client, rest_registry
from schemas.registry import Contract, parse_contract

MakeContract = Callable[..., Contract]


@pytest.fixture(scope="session")
def contract() -> MakeContract:
    """Make a contract from (id, fields); a field is a dict or a pair (name, type)."""

    def make(schema_id: int, fields: list[Any], topic: str = "things", name: str = "Thing"):
        full = [f if isinstance(f, dict) else {"name": f[0], "type": f[1]} for f in fields]
        text = json.dumps({"type": "record", "name": name, "fields": full})
        return parse_contract(schema_id, topic, text, f"{schema_id:04d}-{topic}.avsc")

    return make


@pytest.fixture
def fake() -> Iterator[FakeRegistry]:
    """A schema registry that answers as told."""
    with FakeRegistry() as registry:
        yield registry


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No long waits."""
    monkeypatch.setattr(rest_client, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(rest_client, "TIMEOUT_S", 60)
    monkeypatch.setattr(rest_registry, "SECOND_LOOK_S", 0.01)
