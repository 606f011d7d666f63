"""Keys and values have the form of the format that they say they have."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from disk import Disk, logs
from former.history import EVENTS, FORGOTTEN
from former.stores import HERE, LATEST, NAMES, entries, former_log, former_state
from oracle.list_log import ListLog

from streams.changelog.records import Sealed, from_bytes
from streams.erasure.requests import Request
from streams.state import PartitionState, formats


def test_what_is_written_is_what_was_written(tmp_path: Path) -> None:
    """Who changes it must raise FORMAT, or states would hold a mixture that nothing can tell apart."""
    log = ListLog()
    asyncio.run(Disk(tmp_path, log).work(logs(*EVENTS), {}))
    state = PartitionState(tmp_path / "state/0000")
    state.forget([Request.of(FORGOTTEN)])
    state.close()
    assert entries(tmp_path / "state/0000") == entries(former_state(LATEST, tmp_path / "former"))
    written, former = map(changes, (log, former_log(LATEST)))
    assert written == former


def changes(log: ListLog) -> list[tuple[object, ...]]:
    """Headers and entries of the changes of a changelog. How they are compressed is not ours."""
    records = [from_bytes(raw) for raw in log.records[0]]
    sealed = [record for record in records if isinstance(record, Sealed)]
    return [(_of_format(record.header), record.change().entries.rows()) for record in sealed]


def _of_format(header: Mapping[str, Any]) -> dict[str, Any]:
    """Without what does not tell how entries are to be read."""
    return {name: value for name, value in header.items() if name != "partitions"}


def test_every_format_has_its_bytes_and_its_way_to_the_next() -> None:
    assert {int(name[:-1]) for name in NAMES} == set(range(1, formats.FORMAT + 1))
    assert sorted(formats.TO_NEXT) == list(range(1, formats.FORMAT))
    assert {path.name for path in HERE.glob("[0-9]*")} == set(NAMES)
