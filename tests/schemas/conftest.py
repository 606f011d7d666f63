import json
from collections.abc import Callable
from typing import Any

import pytest

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
