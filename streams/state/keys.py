"""How an event lies in the store: keys and values as UTF-8 text.

Key of an event, in sort order:

    e bucket(4) len(2) user_id len(2) brand_id occurred_at(13) kind(1) tail

Numbers are zero-padded to the widths given, lengths count characters, so one user and brand are one range
of keys in order of time, and no id can run into its neighbour. The tail is what else identifies the event:
the note of a view or save, note and click of a click, sub-order and transaction of an order line. The same
event delivered again is the same key.

Buckets are spans of time. They come first so that what is too old goes as whole ranges.

Value of an event: the source offset, a space, 1 if it was too late when it came (only an order line is kept
then) or 0, a space, and the item of a click or the fields of an order line as JSON.

Key of an actor (a user and brand with a save, a click or a PAY at that time; the value is empty):

    a bucket(4) len(2) user_id len(2) brand_id occurred_at(13)

Key of a user who was forgotten (the value is empty):

    f hash of the user id
"""

import json
from collections.abc import Set
from functools import cache

import polars as pl

from streams.history import Payment, Touch
from streams.kinds import Kind
from streams.timeunits import DAY_MS

#: A whole number of buckets is dropped at a time, and each one costs a scan one seek.
BUCKET_MS = 10 * DAY_MS

EVENT, ACTOR, FORGOTTEN = "e", "a", "f"
#: Where the length of the user id stands: after the family and the bucket.
_USER_AT = 5


def bucket_of(time_ms: int) -> int:
    """The bucket that a time lies in."""
    return time_ms // BUCKET_MS


def bucket_start(family: str, bucket: int) -> bytes:
    """The first key of a bucket; family: EVENT or ACTOR."""
    return f"{family}{bucket:04d}".encode()


def bucket_in(key: bytes) -> int:
    """The bucket of an event's or actor's key."""
    return int(key[1:5])


def user_range(family: str, bucket: int, user_id: str) -> tuple[bytes, bytes]:
    """The first key of a user in one bucket, and the first behind the last."""
    prefix = f"{family}{bucket:04d}{len(user_id):02d}{user_id}"
    # A length follows the id; the colon is the first character behind the digits.
    return prefix.encode(), f"{prefix}:".encode()


def users_of(keys: pl.Series) -> pl.Series:
    """The user ids in keys of events and actors."""
    return pl.select(_taken(pl.lit(keys.cast(pl.String)), pl.lit(_USER_AT))[0]).to_series()


def forgotten_key(user_hash: str) -> bytes:
    """The key by which a forgotten user is known."""
    return f"{FORGOTTEN}{user_hash}".encode()


def event_owner(user_id: str, brand_id: str) -> bytes:
    """What follows the bucket in the keys of one user and brand."""
    return f"{len(user_id):02d}{user_id}{len(brand_id):02d}{brand_id}".encode()


def time_text(time_ms: int) -> str:
    """A time as keys hold it."""
    return f"{max(time_ms, 0):013d}"


def _padded(number: pl.Expr, width: int) -> pl.Expr:
    return number.cast(pl.String).str.zfill(width)


#: Numbers of two digits: looking one up takes half the time of making it.
_TWO_DIGITS = pl.Series([f"{number:02d}" for number in range(100)])


def _counted(name: str) -> list[pl.Expr]:
    return [pl.lit(_TWO_DIGITS).gather(pl.col(name).str.len_chars()), pl.col(name)]


def event_keys(events: pl.DataFrame) -> pl.Series:
    """Keys of events of one topic, as bytes. Columns: those of `streams.events`."""
    return events.select(_event_key(tuple(events.columns))).to_series()


def entries(events: pl.DataFrame) -> pl.DataFrame:
    """Events of one topic as columns key and value, bytes. Columns: those of `streams.events`, and too_late."""
    columns = tuple(events.columns)
    return events.select(key=_event_key(columns), value=_event_value(columns))


@cache
def _event_key(columns: tuple[str, ...]) -> pl.Expr:
    tail = ["note_id"]
    if "click_id" in columns:
        tail = ["note_id", "click_id"]
    if "txn_id" in columns:
        tail = ["sub_order_id", "txn_id"]
    *counted, last = tail
    parts = [
        pl.lit(EVENT),
        _padded(pl.col("occurred_at") // BUCKET_MS, 4),
        *_counted("user_id"),
        *_counted("brand_id"),
        _padded(pl.col("occurred_at"), 13),
        pl.col("kind").cast(pl.String),
        *(part for name in counted for part in _counted(name)),
        pl.col(last),
    ]
    return pl.concat_str(parts).cast(pl.Binary)


@cache
def _event_value(columns: tuple[str, ...]) -> pl.Expr:
    parts = [
        pl.col("offset").cast(pl.String),
        pl.when("too_late").then(pl.lit(" 1 ")).otherwise(pl.lit(" 0 ")),
    ]
    if "txn_id" in columns:
        parts.append(pl.struct(*PAYMENT_FIELDS).struct.json_encode())
    elif "click_id" in columns:
        parts.append(pl.col("item_id"))
    return pl.concat_str(parts).cast(pl.Binary)


#: The fields of an order line that its value holds.
PAYMENT_FIELDS = ("order_id", "shop_id", "item_id", "quantity", "click_id")


def actor_keys(events: pl.DataFrame) -> pl.Series:
    """Keys of the actors behind events, as bytes."""
    parts = [
        pl.lit(ACTOR),
        _padded(pl.col("occurred_at") // BUCKET_MS, 4),
        *_counted("user_id"),
        *_counted("brand_id"),
        _padded(pl.col("occurred_at"), 13),
    ]
    return events.select(pl.concat_str(parts).cast(pl.Binary)).to_series()


def read_actors(actor_keys: pl.Series) -> pl.DataFrame:
    """What the keys of actors tell. Columns: user_id, brand_id, occurred_at (ms)."""
    text = pl.lit(actor_keys.cast(pl.String))
    user_id, behind_user = _taken(text, pl.lit(_USER_AT))
    brand_id, behind_brand = _taken(text, behind_user)
    occurred_at = text.str.slice(behind_brand).cast(pl.Int64)
    return pl.select(user_id=user_id, brand_id=brand_id, occurred_at=occurred_at)


def _taken(text: pl.Expr, at: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """The counted id that begins at a character, and what follows at which."""
    length = text.str.slice(at, 2).cast(pl.Int64)
    return text.str.slice(at + 2, length), at + 2 + length


def came_in_time(value: str) -> bool:
    """Was the event of this value in time when it came?"""
    return value.split(" ", 2)[1] == "0"


def _take(text: str) -> tuple[str, str]:
    """Split off one counted id."""
    end = 2 + int(text[:2])
    return text[2:end], text[end:]


def is_payment(key_rest: bytes) -> bool:
    """Is it a PAY? key_rest: a key behind the brand."""
    return key_rest[_KIND_AT] == _PAY_DIGIT


def may_be_about(key_rest: bytes, notes: Set[bytes]) -> bool:
    """Is it a view or save of one of these notes, or of another kind? key_rest: a key behind the brand."""
    return key_rest[_KIND_AT] not in _DIGITS_OF_NOTES or key_rest[_KIND_AT + 1 :] in notes


def read_event(key_rest: str, value: str) -> Touch | Payment | None:
    """An event of one user and brand; None if it is a refund, which no join needs.

    key_rest: its key behind the brand.
    """
    kind = _KINDS[key_rest[_KIND_AT]]
    if kind is _REFUND:
        return None
    occurred_at, tail = int(key_rest[:_KIND_AT]), key_rest[_KIND_AT + 1 :]
    offset, too_late, rest = value.split(" ", 2)
    if kind is _PAY:
        sub_order_id, txn_id = _take(tail)
        return Payment(
            occurred_at=occurred_at,
            sub_order_id=sub_order_id,
            txn_id=txn_id,
            offset=int(offset),
            too_late=too_late == "1",
            **json.loads(rest),
        )
    note_id, click_id = _take(tail) if kind is _CLICK else (tail, "")
    return Touch(occurred_at, kind, note_id, click_id, rest, int(offset))


#: An enum looks its members up by name, which takes longer than all else that is done with them here.
_CLICK, _PAY, _REFUND = Kind.CLICK, Kind.PAY, Kind.REFUND
#: Where the digit of its kind stands behind the brand: after the time.
_KIND_AT = 13
#: By their digit in a key.
_KINDS = {str(kind.value): kind for kind in Kind}
_PAY_DIGIT = ord(str(Kind.PAY.value))
#: The kinds whose tail is the note.
_DIGITS_OF_NOTES = frozenset(ord(str(kind.value)) for kind in (Kind.VIEW, Kind.SAVE, Kind.UNSAVE))
