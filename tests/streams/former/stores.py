"""The stores and changelogs in this folder, and what a store holds."""

import json
from base64 import b64decode
from pathlib import Path
from shutil import copytree
from typing import Any

import polars as pl
from oracle.list_log import ListLog
from rocksdict import Rdict

from streams.state import Memory
from streams.state.keys import read_actors

HERE = Path(__file__).parent
NAMES = sorted(path.parent.name for path in HERE.glob("*/state"))
LATEST = NAMES[-1]
#: Of all views of the history.
SURFACE = b"EXPLORE"
#: Those with a changelog.
LOGGED = [name for name in NAMES if (HERE / name / "changelog.base64").exists()]


def former_state(name: str, folder: Path) -> Path:
    """Put a copy of a state where a worker with this data_dir looks for that of partition 0; the state's folder."""
    return copytree(HERE / name / "state", folder / "state/0000")


def former_log(name: str) -> ListLog:
    """A changelog as it was."""
    log = ListLog()
    log.records[0] = list(map(b64decode, (HERE / name / "changelog.base64").read_text().split()))
    return log


def entries(folder: Path) -> dict[bytes, bytes]:
    """All that a closed store holds."""
    store = Rdict(str(folder), Memory().options())
    try:
        return {bytes(key): bytes(value) for key, value in store.items()}
    finally:
        store.close()


def content(folder: Path) -> dict[str, Any]:
    """What a closed store tells the join, whatever it was written in. The first do not know what views were like."""
    held = entries(folder)
    meta = json.loads(held[b"meta"])
    actors = read_actors(pl.Series([key for key in held if key[:1] == b"a"], dtype=pl.Binary))
    newest = actors.group_by("user_id", "brand_id").agg(pl.col("occurred_at").max())
    return {
        "events": {
            key: value.removesuffix(SURFACE) for key, value in held.items() if key[:1] == b"e"
        },
        "actors": sorted(newest.rows()),
        "forgotten": {key for key in held if key[:1] == b"f"},
        **{name: meta[name] for name in ("format", "now", "newest", "read_to", "held_since")},
    }
