"""How an event lies in the store: keys and values as UTF-8 text.

Key of an event, in sort order:

    e bucket(4) len(2) user_id len(2) brand_id occurred_at(13) kind(1) tail

Numbers are zero-padded to the widths given, lengths count characters, so one user and brand are one range
of keys in order of time, and no id can run into its neighbour. The tail is what else identifies the event:
the note of a view or save, note and click of a click, platform, sub-order and transaction of an order line. The same
event delivered again is the same key; with another time it is another one.

Buckets are spans of time. They come first so that what is too old goes as whole ranges.

Value of an event: i if it was in time when it came, or l if it was late; p if a view was promoted, else -; and the
surface of a view, the item of a click, or the fields of an order line as JSON.

Key of an actor (a user and brand with a save, a click or a PAY at that time; the value is empty):

    a bucket(4) len(2) user_id len(2) brand_id occurred_at(13)

Key of a crowded bucket of a user and brand:

    c bucket(4) len(2) user_id len(2) brand_id

Its value is JSON: topic → the offset behind the batch with which it became crowded, of the topics of that micro-batch.

Key of a page of the table that has upper bounds for how many events a bucket has (`streams.state.crowds`):

    n bucket(4) number(3)

Key of a user who was forgotten (the value is empty):

    f hash of the user id
"""

import json
from collections.abc import Collection, Sequence
from functools import cache, lru_cache
from sys import intern
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from streams.history import History, Payment, Step, SubOrder, Touch
from streams.kinds import TOUCHES, Kind
from streams.timeunits import DAY_MS

#: No time in a key is greater, and no character of a key.
MAX_TIME = 10**13 - 1
BEHIND = b"\xff"

#: A whole number of buckets is dropped at a time, and each one costs a scan one seek, which a large state has to go to
#: the disk for. A lookback of 30 days lies in two of them; shorter ones keep a state smaller and cost more.
BUCKET_MS = 30 * DAY_MS

EVENT, ACTOR, CROWDED, FORGOTTEN = "e", "a", "c", "f"
#: Pages of counts, and what tells by which hash they were counted.
PAGE, HASH = "n", b"hash"
#: The families whose keys have a bucket and a user.
OF_USERS = (EVENT, ACTOR, CROWDED)
#: Where the length of the user id stands: after the family and the bucket.
_USER_AT = 5
#: Where the digit of its kind stands behind the brand, after the time, and where the tail begins.
_KIND_AT, _TAIL_AT = 13, 14
#: By their digits in a key.
_TOUCH_KINDS = {ord(str(kind.value)): kind for kind in Kind if kind in TOUCHES}
_VIEW, _SAVE, _CLICK, _PAY = (
    ord(str(kind.value)) for kind in (Kind.VIEW, Kind.SAVE, Kind.CLICK, Kind.PAY)
)

#: Of a view that a former version wrote.
UNKNOWN_SURFACE = "OTHER"

#: The kinds of touches as numbers, and a PAY.
TOUCH_KINDS = sorted(int(kind) for kind in TOUCHES)
PAY = int(Kind.PAY)

#: An event of one user and brand: its key behind the brand, and its value.
Entry = tuple[bytes, bytes]


#: What sorts entries about as their keys do, in a fifth of the time: the bytes behind the family as a number. Shorter
#: keys, of crowded buckets, are first.
ABOUT_IN_ORDER: Final = (
    pl.col("key").bin.slice(1, 16).bin.reinterpret(dtype=pl.UInt128, endianness="big")
)


def bucket_of(time_ms: int) -> int:
    """The bucket that a time lies in."""
    return time_ms // BUCKET_MS


def bucket_start_ms(bucket: int) -> int:
    """When a bucket begins."""
    return bucket * BUCKET_MS


def bucket_start(family: str, bucket: int) -> bytes:
    """The first key of a bucket; family: that of keys that have one."""
    return f"{family}{bucket:04d}".encode()


def bucket_in(key: bytes) -> int:
    """The bucket of a key that has one."""
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


def are_entries(keys: pl.Series) -> bool:
    """Are these keys, as bytes, all of events, actors and crowded buckets? Raises PolarsError, if one is no text."""
    families = "".join(OF_USERS)
    return bool(keys.cast(pl.String).str.contains(f"^[{families}][0-9]{{4}}").all())


def event_owner(user_id: str, brand_id: str) -> bytes:
    """What follows the bucket in the keys of one user and brand."""
    return f"{_with_length(user_id)}{_with_length(brand_id)}".encode()


def crowded_key(owner: bytes, bucket: int) -> bytes:
    """The key that says so of a bucket. owner: as of `event_owner`."""
    return bucket_start(CROWDED, bucket) + owner


def crowded_key_of(place: str) -> bytes:
    """The same, by `place_in`."""
    return f"{CROWDED}{place[1:]}".encode()


def page_key(bucket: int, number: int) -> bytes:
    """The key of a page."""
    return bucket_start(PAGE, bucket) + f"{number:03d}".encode()


def page_in(key: bytes) -> tuple[int, int]:
    """The bucket and the number of a page."""
    return bucket_in(key), int(key[_USER_AT:])


def owner_in(key: bytes) -> bytes:
    """The owner in the key of a crowded bucket."""
    return key[_USER_AT:]


def ids_in(owner: bytes) -> tuple[str, str]:
    """The user and the brand of `event_owner`."""
    user_id, rest = _take(owner.decode())
    return user_id, _take(rest)[0]


def place_in(key: str) -> str:
    """What the keys of one user and brand in one bucket begin with, of the key of an event, as text."""
    brand_at = _USER_AT + 2 + int(key[_USER_AT : _USER_AT + 2])
    return key[: brand_at + 2 + int(key[brand_at : brand_at + 2])]


def place_of(bucket: int, user_id: str, brand_id: str) -> str:
    """The same, of a bucket, a user and a brand."""
    return (bucket_start(EVENT, bucket) + event_owner(user_id, brand_id)).decode()


def split(key: bytes) -> tuple[str, bytes]:
    """The owner in the key of an event, and what follows it."""
    text = key.decode()
    place = place_in(text)
    return place[_USER_AT:], text[len(place) :].encode()


def payments_start(time_ms: int, sub_order: SubOrder) -> bytes:
    """What the PAYs of a sub-order at a time have behind the brand in their keys, but for their transaction."""
    return f"{time_text(time_ms)}{PAY}{''.join(map(_with_length, sub_order))}".encode()


def _with_length(name: str) -> str:
    return f"{len(name):02d}{name}"


def time_text(time_ms: int) -> str:
    """A time as keys hold it."""
    return f"{max(time_ms, 0):013d}"


def _padded(number: pl.Expr, width: int) -> pl.Expr:
    return number.cast(pl.String).str.zfill(width)


#: Numbers as texts: looking one up takes less than half the time of making it.
_TWO_DIGITS = pl.Series([f"{number:02d}" for number in range(100)])
_FOUR_DIGITS = pl.Series([f"{number:04d}" for number in range(10_000)])


def _bucket() -> pl.Expr:
    return pl.lit(_FOUR_DIGITS).gather(pl.col("occurred_at") // BUCKET_MS)


def _counted(name: str) -> list[pl.Expr]:
    return [pl.lit(_TWO_DIGITS).gather(pl.col(name).str.len_chars()), pl.col(name)]


def owner_hashes(events: pl.DataFrame) -> NDArray[np.uint64]:
    """A hash of the user and brand of each event: the same as long as polars is.

    Columns: user_id and brand_id, or owner_hash where it was made before.
    """
    if "owner_hash" in events.columns:
        return events["owner_hash"].to_numpy()
    return events.select(pl.struct("user_id", "brand_id").hash()).to_series().to_numpy()


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
        tail = ["platform", "sub_order_id", "txn_id"]
    *counted, last = tail
    parts = [
        pl.lit(EVENT),
        _bucket(),
        *_counted("user_id"),
        *_counted("brand_id"),
        # The time, and the digit of the kind.
        _padded(pl.col("occurred_at") * 10 + pl.col("kind"), 14),
        *(part for name in counted for part in _counted(name)),
        pl.col(last),
    ]
    return pl.concat_str(parts).cast(pl.Binary)


@cache
def _event_value(columns: tuple[str, ...]) -> pl.Expr:
    parts = [pl.when("too_late").then(pl.lit("l")).otherwise(pl.lit("i"))]
    if "surface" in columns:
        promoted = pl.when("promoted").then(pl.lit("p")).otherwise(pl.lit("-"))
        parts += [promoted, pl.col("surface").cast(pl.String)]
    elif "txn_id" in columns:
        parts += [pl.lit("-"), pl.struct(*PAYMENT_FIELDS).struct.json_encode()]
    elif "click_id" in columns:
        parts += [pl.lit("-"), pl.col("item_id")]
    else:
        parts.append(pl.lit("-"))
    return pl.concat_str(parts).cast(pl.Binary)


#: The fields of an order line that its value holds.
PAYMENT_FIELDS = ("order_id", "shop_id", "item_id", "quantity", "click_id")


def actor_keys(events: pl.DataFrame) -> pl.Series:
    """Keys of the actors behind events, as bytes."""
    parts = [
        pl.lit(ACTOR),
        _bucket(),
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


def read_owners(event_keys: pl.Series) -> pl.DataFrame:
    """What the keys of events tell. Columns: user_id, brand_id, occurred_at (ms), kind."""
    text = pl.lit(event_keys.cast(pl.String))
    user_id, behind_user = _taken(text, pl.lit(_USER_AT))
    brand_id, behind_brand = _taken(text, behind_user)
    occurred_at = text.str.slice(behind_brand, _KIND_AT).cast(pl.Int64)
    kind = text.str.slice(behind_brand + _KIND_AT, 1).cast(pl.Int8)
    return pl.select(user_id=user_id, brand_id=brand_id, occurred_at=occurred_at, kind=kind)


def time_in(key_rest: bytes) -> int:
    """The time of an event (ms), in its key behind the brand."""
    return int(key_rest[:_KIND_AT])


def kind_in(key_rest: bytes) -> int:
    """The kind of an event, in its key behind the brand."""
    return key_rest[_KIND_AT] - ord("0")


def sub_order_in(key_rest: bytes) -> SubOrder:
    """The sub-order of an order line, in its key behind the brand."""
    platform, rest = _take(key_rest[_TAIL_AT:].decode())
    return platform, _take(rest)[0]


def step_in(key_rest: bytes) -> tuple[int, Kind, str] | None:
    """Time, kind and note of what journeys are made of; None of all else."""
    digit = key_rest[_KIND_AT]
    if digit == _PAY:
        return int(key_rest[:_KIND_AT]), Kind.PAY, ""
    kind = _TOUCH_KINDS.get(digit)
    if kind is None:
        return None
    tail = key_rest[_TAIL_AT:].decode()
    return int(key_rest[:_KIND_AT]), kind, _take(tail)[0] if digit == _CLICK else tail


def came_in_time(value: bytes) -> bool:
    """Was the event of this value in time when it came?"""
    return value.startswith(b"i")


def read_history(entries: Sequence[Entry], notes: Collection[str]) -> History:
    """What entries tell of one user and brand; an UNSAVE and a refund, which no join needs, are left out.

    notes: where nothing was paid, views and saves of other notes are left out: a journey is one of a note.
    """
    steps, about = list[Step](), {note.encode(): note for note in notes}
    for rest, _ in entries:
        digit = rest[_KIND_AT]
        if digit == _PAY:
            return _paid_history(entries)
        if digit == _CLICK:
            steps.append((int(rest[:_KIND_AT]), Kind.CLICK, _take(rest[_TAIL_AT:].decode())[0]))
        elif digit in _TOUCH_KINDS and (note := about.get(rest[_TAIL_AT:])) is not None:
            steps.append((int(rest[:_KIND_AT]), _TOUCH_KINDS[digit], note))
    return History(steps, (), ())


def _paid_history(entries: Sequence[Entry]) -> History:
    # They come in their order, but for clicks at equal times whose notes are of different lengths.
    touches = sorted(touch_in(*entry) for entry in entries if entry[0][_KIND_AT] in _TOUCH_KINDS)
    return History([touch[:3] for touch in touches], touches, payments_in(entries))


def payments_in(entries: Sequence[Entry]) -> list[Payment]:
    """The PAYs among entries, in the order of payments."""
    found = [payment_in(rest, value) for rest, value in entries if rest[_KIND_AT] == _PAY]
    return sorted(found, key=lambda payment: payment.order)


def touch_in(key_rest: bytes, value: bytes) -> Touch:
    """The touch of an entry."""
    occurred_at, digit = int(key_rest[:_KIND_AT]), key_rest[_KIND_AT]
    kind, tail = _TOUCH_KINDS[digit], key_rest[_TAIL_AT:].decode()
    if digit == _VIEW:
        # Most are views, and what makes a tuple of any class takes half the time.
        return _new(Touch, (occurred_at, kind, intern(tail), "", "", *_traffic_in(value)))
    if digit == _SAVE:
        return Touch(occurred_at, kind, intern(tail), "", "")
    return Touch(occurred_at, kind, *_take(tail), value[2:].decode())


_new = tuple.__new__


@lru_cache
def _traffic_in(value: bytes) -> tuple[bool, str]:
    """Whether a view was promoted, and on which surface it was. There are few values of views."""
    return value[1:2] == b"p", value[2:].decode() or UNKNOWN_SURFACE


def payment_in(key_rest: bytes, value: bytes) -> Payment:
    """The PAY of an entry."""
    platform, rest = _take(key_rest[_TAIL_AT:].decode())
    sub_order_id, txn_id = _take(rest)
    return Payment(
        occurred_at=int(key_rest[:_KIND_AT]),
        platform=intern(platform),
        sub_order_id=sub_order_id,
        txn_id=txn_id,
        **json.loads(value[2:]),
    )


def _take(text: str) -> tuple[str, str]:
    """Split off one counted id."""
    end = 2 + int(text[:2])
    return text[2:end], text[end:]
