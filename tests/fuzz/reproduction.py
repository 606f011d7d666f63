"""A faulty batch as a file, from which it can be decoded again."""

import json
from pathlib import Path

from fuzz.batches import Batch
from fuzz.reference import outcome
from fuzz.run import Fault

_FOLDER = Path("data/fuzz")


def write(fault: Fault, seed: int) -> Path:
    """The messages as hex; returns the file's path."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    path = _FOLDER / f"seed-{seed}-batch-{fault.batch}.json"
    text = {
        "what": fault.what,
        "seed": seed,
        "batch": fault.batch,
        "topic": fault.topic,
        "messages": [None if value is None else value.hex() for value in fault.values],
    }
    path.write_text(json.dumps(text, ensure_ascii=False, indent=2) + "\n")
    return path


def read(path: Path) -> Batch:
    text = json.loads(path.read_text())
    values = [None if message is None else bytes.fromhex(message) for message in text["messages"]]
    return Batch(text["topic"], values, [outcome(text["topic"], value) for value in values])
