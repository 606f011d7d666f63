"""What a closed state holds of users."""

from pathlib import Path

import polars as pl
from rocksdict import Rdict

from streams.state import Memory
from streams.state.keys import users_of


def held_users(folder: Path) -> set[str]:
    """The users of whom there is any key."""
    store = Rdict(str(folder), Memory().options())
    try:
        keys = [key for key, _ in store.items() if key[:1] in (b"e", b"a", b"c")]
    finally:
        store.close()
    return set(users_of(pl.Series(keys, dtype=pl.Binary)).to_list())


def files_naming(folder: Path, user_id: str) -> list[str]:
    """The files below a folder that hold an id, as text or, as RocksDB's log has keys, in hexadecimal."""
    files = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    raw = user_id.encode()
    forms = (raw, raw.hex().encode(), raw.hex().upper().encode())
    return [name for name, content in files.items() if any(form in content for form in forms)]
