"""Who and what there is: brands with items, notes and users, and their ids."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from .clock import DAY_MS, SECOND_MS, ActivityClock
from .draws import Bools, Draws, Floats, Ints
from .traffic import Traffic

#: Interest in a note wears off in two ways: the feed forgets within days, search within weeks.
INTERESTS: Final = ((0.7, 2.5 * DAY_MS), (0.3, 20.0 * DAY_MS))

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
#: Has no factor in common with 10**11, so that different items get different ids.
_ITEM_ID_STEP: Final = 38_196_601_127


@dataclass(frozen=True, slots=True)
class World:
    """Numbers stand for brands, notes, items and users; an item's is brand * items + i.

    note_brand, note_item: int, by note. note_item is the item that the note is about.
    note_published: activity at publication. note_interest: weight of the note in the span.
    note_promoted: the brand has paid for its reach.
    note_saving, note_clicking: how much more than others the note is saved, clicked.
    item_price: fen.
    user_activity: weight of the users who look at notes. user_brand: the brand each likes best.
    """

    note_brand: Ints
    note_item: Ints
    note_published: Floats
    note_interest: Floats
    note_promoted: Bools
    note_saving: Floats
    note_clicking: Floats
    item_price: Ints
    user_activity: Floats
    user_brand: Ints
    brand_weight: Floats
    items_per_brand: int
    note_ids: list[str]
    brand_ids: list[str]
    shop_ids: list[str]
    item_ids: list[str]
    user_ids: list[str]


def draw_world(draws: Draws, clock: ActivityClock, traffic: Traffic) -> World:
    """Draw everything that stays the same while events happen."""
    brands, notes, items = traffic.brands, traffic.notes, traffic.items_per_brand
    brand_weight = _zipf(brands, 0.7)
    note_brand = _brands_of_notes(draws, brand_weight, notes)
    published = draws.uniform(notes) * clock.end_activity
    published_s = clock.time(published) // SECOND_MS
    touching = traffic.touching_users
    return World(
        note_brand=note_brand,
        note_item=note_brand * items + draws.weighted(_zipf(items, 0.8), notes),
        note_published=published,
        note_interest=_zipf(notes, 0.9)[draws.order(notes)] * _interest(published, clock),
        note_promoted=draws.chance(0.3, notes),
        note_saving=draws.log_normal(1.0, 0.5, notes),
        note_clicking=draws.log_normal(1.0, 0.6, notes),
        item_price=_prices(draws, brands, items),
        user_activity=draws.log_normal(1.0, 1.2, touching),
        user_brand=draws.weighted(brand_weight, touching),
        brand_weight=brand_weight,
        items_per_brand=items,
        note_ids=_note_ids(published_s, traffic.ids),
        brand_ids=[f"brand-{number:03d}" for number in range(1, brands + 1)],
        shop_ids=[f"shop-{number:03d}-flagship" for number in range(1, brands + 1)],
        item_ids=[
            str(6 * 10**11 + n * _ITEM_ID_STEP % 10**11) for n in range(1, brands * items + 1)
        ],
        user_ids=[f"u{number:08d}" for number in range(1, traffic.users + 1)],
    )


def interest_masses(published: Floats, clock: ActivityClock) -> list[tuple[Floats, Floats]]:
    """What is left of each of INTERESTS in a note at the start and at the end of the span.

    Between the two, interest falls exponentially; a note published later starts at 1.
    """
    age_at_start = np.maximum(clock.start_activity - published, 0.0)
    age_at_end = clock.end_activity - published
    return [(np.exp(-age_at_start / mean), np.exp(-age_at_end / mean)) for _, mean in INTERESTS]


def scatter(numbers: Ints) -> npt.NDArray[np.uint64]:
    """Distinct 64-bit numbers for distinct numbers, in no visible order."""
    return (numbers + 1).astype(np.uint64) * _GOLDEN


def seed_space(seed: int, spaces: int) -> int:
    """Which of so many spaces of ids a seed has; that of the default seed is 0."""
    return (seed - 1) % spaces


def _interest(published: Floats, clock: ActivityClock) -> Floats:
    """The share of a note's whole interest that lies within the span."""
    masses = interest_masses(published, clock)
    total = np.zeros(len(published))
    for (share, _), (start, end) in zip(INTERESTS, masses, strict=True):
        total += share * (start - end)
    return total


def _zipf(count: int, exponent: float) -> Floats:
    return np.arange(1, count + 1, dtype=np.float64) ** -exponent


def _brands_of_notes(draws: Draws, brand_weight: Floats, notes: int) -> Ints:
    """Ascending brands, so that the notes of a brand are neighbours; each has one at least."""
    brands = len(brand_weight)
    others = draws.weighted(brand_weight, notes - brands)
    return np.sort(np.concatenate([np.arange(brands), others]))


def _prices(draws: Draws, brands: int, items: int) -> Ints:
    """Prices in fen that end as in shops: 39.90, 129.00, 268.00."""
    level = np.repeat(draws.log_normal(110.0, 0.6, brands), items)
    yuan = np.maximum(level * draws.log_normal(1.0, 0.5, brands * items), 6.0).astype(np.int64)
    ninety = draws.chance(np.where(yuan < 100, 0.75, 0.15), brands * items)
    round_price = yuan // 10 * 10 + np.where(draws.chance(0.7, brands * items), 9, 8)
    return np.where(ninety, yuan * 100 + 90, round_price * 100)


def _note_ids(published_s: Ints, seed: int) -> list[str]:
    """24 hex characters: the second of publication, the seed, and a number of its own."""
    middle = f"{seed_space(seed, 2**32):08x}"
    own = (
        np.arange(1, len(published_s) + 1, dtype=np.uint64)
        * np.uint64(0x9E3779B1)
        % np.uint64(2**32)
    )
    pairs = zip(published_s.tolist(), own.tolist(), strict=True)
    return [f"{second:08x}{middle}{number:08x}" for second, number in pairs]
