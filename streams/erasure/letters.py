"""Whose a dead letter is.

Of a message that decodes, the user is known; of others, the key is, as all topics are keyed by user. Only where there
is neither, the payload is searched for the id.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from schemas.codec import Codec
from schemas.topics import SOURCE_TOPICS
from schemas.varint import encode_long
from sinks.erase import Letter
from streams.validate import MAX_ID_CHARACTERS

#: Where the id would go on: a letter or digit of any script, or a sign that has one behind it.
_GOES_ON = r"(?!\w)(?![-.@:+/#|~]\w)"
_WENT_ON = r"(?<!\w)(?<!\w[-.@:+/#|~])"


@dataclass(frozen=True, slots=True)
class Owner:
    """A user to forget, as the owner of dead letters."""

    user_id: str
    codec: Codec

    def owns(self, letters: Sequence[Letter]) -> list[bool]:
        """Which letters are the user's. Raises RegistryError, SchemaError."""
        users = self._users(letters)
        return [
            letter.key == self.user_id.encode() or self._owns(letter, user)
            for letter, user in zip(letters, users, strict=True)
        ]

    def _owns(self, letter: Letter, user: str | None) -> bool:
        payload = letter.payload or b""
        user = user or _user_in_json(payload)
        if user is not None:
            return user == self.user_id
        return not _is_id(letter.key) and self._is_named_in(payload)

    def _users(self, letters: Sequence[Letter]) -> list[str | None]:
        """Those in the letters that decode."""
        users: list[str | None] = [None] * len(letters)
        for topic in SOURCE_TOPICS:
            rows = [row for row, letter in enumerate(letters) if letter.topic == topic]
            values = pl.Series([letters[row].payload for row in rows], dtype=pl.Binary)
            if rows:
                for at, user in self.codec.decode(topic, values).frame["row", "user_id"].rows():
                    users[rows[at]] = user if _is_id(user.encode()) else None
        return users

    def _is_named_in(self, payload: bytes) -> bool:
        """Does a payload hold the id as Avro has it, behind its length, or as a word of its own?"""
        raw = self.user_id.encode()
        if encode_long(len(raw)) + raw in payload:
            return True
        word = f"{_WENT_ON}{re.escape(self.user_id)}{_GOES_ON}"
        return re.search(word, payload.decode(errors="replace")) is not None


def _user_in_json(payload: bytes) -> str | None:
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    user = found.get("user_id") if isinstance(found, dict) else None
    try:
        return user if isinstance(user, str) and _is_id(user.encode()) else None
    except UnicodeEncodeError:
        return None


def _is_id(raw: bytes | None) -> bool:
    """Can it be the id of a user?"""
    try:
        return 0 < len((raw or b"").decode()) <= MAX_ID_CHARACTERS
    except UnicodeDecodeError:
        return False
