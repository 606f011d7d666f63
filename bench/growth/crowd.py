"""People and their touches, each a function of its number: nothing is kept, so there can be any number of them.

The touches from 0 on fill the states, in the order of time over as long as a state holds them; those behind are the
events that come then. Of each 200, 190 are views, 6 saves, 3 clicks and 1 is a payment, which counts as a touch here.
"""

from hashlib import blake2b
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.topics import LINK_CLICKS, NOTE_SAVES, NOTE_VIEWS, SOURCE_TOPICS, TAOBAO_PURCHASES
from streams.timeunits import DAY_MS, HOUR_MS

Ints = NDArray[np.int64]

TOUCHES_OF_USER: Final = 15
BRANDS: Final = 100
BRANDS_OF_USER: Final = 3
NOTES_OF_BRAND: Final = 200
NOTES_OF_ITEM: Final = 10

#: Of each cycle of numbers, how many belong to each of SOURCE_TOPICS.
SHARES: Final = (190, 6, 3, 1)
CYCLE: Final = sum(SHARES)
VIEWS_OF_CYCLE: Final = SHARES[SOURCE_TOPICS.index(NOTE_VIEWS)]
TOPICS_OF_CYCLE: Final = np.repeat(np.arange(len(SOURCE_TOPICS)), SHARES)

#: Where the touches that fill the states end, ms; early in one of the state's spans of time, so that the whole time
#: before is held and none of it expires while the events come.
FILLED_MS: Final = 1_760_000_000_000
#: A state holds touches for the lookback, the allowed lateness and a day.
FILLED_FOR_DAYS: Final = 34
#: The events come within that time after it.
EVENTS_FOR_MS: Final = 6 * HOUR_MS
#: They refer to views this far back: within 30 days of the last event too.
REFERRED_DAYS: Final = 29

ID_BYTES: Final = 12
_DIGITS: Final = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)


class Crowd:
    """touches: how many fill the states. events: how many come then. partitions: of each topic."""

    def __init__(self, touches: int, events: int, partitions: int) -> None:
        self.touches = touches
        self.events = events
        self.partitions = partitions
        users = hex_ids(np.arange(max(touches // TOUCHES_OF_USER, 1)), "user")
        self._user_ids = _texts(users)
        self._partitions = partitions_of(users, partitions)
        notes = np.arange(BRANDS * NOTES_OF_BRAND)
        self._note_ids = _texts(hex_ids(notes, "note"))
        self._brand_ids = pl.Series([f"brand-{number:03d}" for number in range(BRANDS)])

    def numbers(self, topic: str, first: int, behind: int) -> Ints:
        """The numbers from first (included) to behind (excluded) that belong to a topic."""
        numbers = np.arange(first, behind)
        found: Ints = numbers[TOPICS_OF_CYCLE[numbers % CYCLE] == SOURCE_TOPICS.index(topic)]
        return found

    def partitions_at(self, numbers: Ints) -> NDArray[np.int32]:
        """The partition of each touch, which is that of its user."""
        return self._partitions[self._users(self.meant(numbers))]

    def occurred_at(self, numbers: Ints) -> Ints:
        """When each touch occurs, ms."""
        ago = (self.touches - 1 - numbers) * (FILLED_FOR_DAYS * DAY_MS) // self.touches
        after = (numbers - self.touches + 1) * EVENTS_FOR_MS // max(self.events, 1)
        return FILLED_MS + np.where(numbers < self.touches, -ago, after)

    def records(self, topic: str, numbers: Ints) -> pl.DataFrame:
        """The touches of a topic, by their numbers. Columns: the fields of its contract."""
        meant = self.meant(numbers)
        users = self._users(meant)
        brands = _brands(users, meant)
        notes = brands * NOTES_OF_BRAND + drawn(meant, "note of touch", NOTES_OF_BRAND)
        common = {
            "user_id": self._user_ids.gather(users),
            "occurred_at": self.occurred_at(numbers),
            "brand_id": self._brand_ids.gather(brands),
            "note_id": self._note_ids.gather(notes),
            "number": numbers,
            "item": notes // NOTES_OF_ITEM,
        }
        return pl.DataFrame(common).select(_FIELDS[topic])

    def meant(self, numbers: Ints) -> Ints:
        """The touches whose users, brands and notes these have: their own, or those of a view before.

        A save, click or payment that comes when the states are filled refers to what is in them.
        """
        kinds = TOPICS_OF_CYCLE[numbers % CYCLE]
        refers = (numbers >= self.touches) & (kinds != SOURCE_TOPICS.index(NOTE_VIEWS))
        oldest = self.touches * (FILLED_FOR_DAYS - REFERRED_DAYS) // FILLED_FOR_DAYS // CYCLE + 1
        cycles = oldest + drawn(numbers, "cycle", max(self.touches // CYCLE - oldest, 1))
        views = cycles * CYCLE + drawn(numbers, "view", VIEWS_OF_CYCLE)
        return np.where(refers, views, numbers)

    def _users(self, numbers: Ints) -> Ints:
        return drawn(numbers, "user of touch", len(self._user_ids))


def _brands(users: Ints, numbers: Ints) -> Ints:
    """Each touch is of one of the few brands that its user looks at."""
    choices = drawn(numbers, "choice", BRANDS_OF_USER)
    return drawn(users * BRANDS_OF_USER + choices, "brand", BRANDS)


def _text(column: str, digits: int, prefix: str) -> pl.Expr:
    return pl.concat_str(pl.lit(prefix), pl.col(column).cast(pl.String).str.zfill(digits))


_ITEM: Final = _text("item", 12, "").alias("item_id")
_COMMON: Final = [pl.col("user_id"), pl.col("occurred_at"), pl.col("brand_id")]
_FIELDS: Final[dict[str, list[pl.Expr]]] = {
    NOTE_VIEWS: [
        *_COMMON,
        pl.col("note_id"),
        pl.lit("EXPLORE").alias("surface"),
        pl.lit(False).alias("promoted"),
        pl.lit(None, dtype=pl.Int32).alias("dwell_ms"),
    ],
    NOTE_SAVES: [*_COMMON, pl.col("note_id"), pl.lit("SAVE").alias("action")],
    LINK_CLICKS: [
        *_COMMON,
        pl.col("note_id"),
        _text("number", 16, "clk-").alias("click_id"),
        _ITEM,
        pl.lit("NOTE").alias("placement"),
    ],
    TAOBAO_PURCHASES: [
        *_COMMON,
        _text("number", 23, "22001").alias("txn_id"),
        _text("number", 18, "2").alias("order_id"),
        _text("number", 18, "3").alias("sub_order_id"),
        pl.concat_str(pl.lit("shop-of-"), "brand_id").alias("shop_id"),
        _ITEM,
        pl.lit(1, dtype=pl.Int32).alias("quantity"),
        pl.lit("PAY").alias("kind"),
        pl.lit(19_900, dtype=pl.Int64).alias("amount_fen"),
        pl.lit(None, dtype=pl.String).alias("click_id"),
    ],
}


def scattered(numbers: Ints, purpose: str) -> NDArray[np.uint64]:
    """A random 64-bit number for each number, the same for the same purpose; distinct ones for distinct numbers.

    Source: splitmix64, Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
    """
    seed = np.uint64(int.from_bytes(blake2b(purpose.encode(), digest_size=8).digest(), "big"))
    mixed = seed + numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def drawn(numbers: Ints, purpose: str, below: int) -> Ints:
    """For each number one in [0, below)."""
    return (scattered(numbers, purpose) % np.uint64(below)).astype(np.int64)


def hex_ids(numbers: Ints, purpose: str) -> NDArray[np.uint8]:
    """Ids of 24 hexadecimal digits, as the platform has them: a row of characters each."""
    halves = [scattered(numbers, f"{purpose} {half}") for half in ("left", "right")]
    raw = np.stack(halves, axis=1).view(np.uint8)[:, :ID_BYTES]
    return _DIGITS[np.stack([raw >> 4, raw & 15], axis=2).reshape(len(numbers), 2 * ID_BYTES)]


def _texts(characters: NDArray[np.uint8]) -> pl.Series:
    texts = np.ascontiguousarray(characters).view(f"S{characters.shape[1]}").reshape(-1)
    return pl.Series(texts.tolist(), dtype=pl.Binary).cast(pl.String)


def partitions_of(keys: NDArray[np.uint8], partitions: int) -> NDArray[np.int32]:
    """What `streams.partitioning.partition_of` tells of each, for millions at once.

    keys: a row of characters each, as many as a multiple of 4.
    """
    m, shift = np.uint32(0x5BD1E995), np.uint32(24)
    hashes = np.full(len(keys), 0x9747B28C ^ keys.shape[1], dtype=np.uint32)
    for word in np.ascontiguousarray(keys).view("<u4").T:
        mixed = word * m
        mixed = (mixed ^ (mixed >> shift)) * m
        hashes = hashes * m ^ mixed
    hashes = (hashes ^ (hashes >> np.uint32(13))) * m
    hashes ^= hashes >> np.uint32(15)
    return ((hashes & np.uint32(0x7FFFFFFF)) % np.uint32(partitions)).astype(np.int32)
