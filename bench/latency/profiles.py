"""Two ways to set a worker: for rows as fresh as can be, and for as little processor time as can be."""

from collections.abc import Mapping
from typing import Any, Final

#: Profile → settings that differ from their defaults. docs/settings.md has them too.
PROFILES: Final[Mapping[str, Mapping[str, Any]]] = {
    "fresh": {"fetch_linger_ms": 500, "sink_linger_ms": 300},
    "cheap": {"fetch_linger_ms": 2_000, "sink_linger_ms": 1_000},
}
