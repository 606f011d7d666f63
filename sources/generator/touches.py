"""Views, and the saves and clicks that follow from them."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from .clock import DAY_MS, MINUTE_MS, SECOND_MS, ActivityClock
from .draws import Bools, Draws, Floats, Ints
from .traffic import Traffic
from .world import INTERESTS, World, interest_masses

SURFACES: Final = ("EXPLORE", "SEARCH", "FOLLOWING", "PROFILE", "OTHER")
SAVE_ACTIONS: Final = ("SAVE", "UNSAVE")
PLACEMENTS: Final = ("NOTE", "COMMENT")

#: No dwell time was measured.
NO_DWELL: Final = -1

#: Shares of SURFACES for a new note and for one older than FRESH_MS, which people search for.
_FRESH_SURFACES: Final = np.array([0.70, 0.11, 0.11, 0.05, 0.03])
_OLD_SURFACES: Final = np.array([0.42, 0.44, 0.04, 0.07, 0.03])
_FRESH_MS: Final = 5 * DAY_MS
_LONGEST_DWELL_MS: Final = 20 * MINUTE_MS

#: How many of a user's views are of the brand they like best.
_LOYALTY: Final = 0.55

#: Who has saved a note clicks it that much more often.
_SAVERS_CLICK: Final = 12.0


@dataclass(frozen=True, slots=True)
class Views:
    """By view, in order of time; `at` in ms, surface an index, dwell_ms may be NO_DWELL."""

    user: Ints
    note: Ints
    at: Ints
    surface: Ints
    promoted: Ints
    dwell_ms: Ints


@dataclass(frozen=True, slots=True)
class Saves:
    """By save or unsave; action is an index into SAVE_ACTIONS."""

    user: Ints
    note: Ints
    at: Ints
    action: Ints


@dataclass(frozen=True, slots=True)
class Clicks:
    """By click; placement is an index into PLACEMENTS."""

    user: Ints
    note: Ints
    at: Ints
    item: Ints
    placement: Ints


@dataclass(frozen=True, slots=True)
class Touches:
    views: Views
    saves: Saves
    clicks: Clicks


def draw_touches(draws: Draws, clock: ActivityClock, world: World, traffic: Traffic) -> Touches:
    """Draw as many views, saves and clicks as the shares ask for."""
    distinct = traffic.distinct_events
    saves = round(distinct * traffic.save_share)
    clicks = round(distinct * traffic.click_share)
    orders = round(distinct * traffic.order_share)
    views = _draw_views(draws, clock, world, distinct - saves - clicks - orders)
    pair = views.user * len(world.note_ids) + views.note
    saving, taken = _draw_saves(draws, clock, world, views, pair, saves, traffic.unsave_share)
    has_saved = np.isin(pair, pair[saving])
    return Touches(views, taken, _draw_clicks(draws, clock, world, views, has_saved, clicks))


def _draw_views(draws: Draws, clock: ActivityClock, world: World, count: int) -> Views:
    user = draws.weighted(world.user_activity, count)
    note = _notes_seen(draws, world, user)
    at = _view_times(draws, clock, world, note)
    order = np.argsort(at, kind="stable")
    user, note, at = user[order], note[order], at[order]
    age = clock.activity(at) - world.note_published[note]
    surface = _surfaces(draws, age)
    in_feed = surface <= SURFACES.index("SEARCH")
    promoted = world.note_promoted[note] & in_feed & draws.chance(0.6, count)
    dwell = draws.log_normal(8.5 * SECOND_MS, 1.0, count).astype(np.int64)
    dwell = np.clip(dwell, 300, _LONGEST_DWELL_MS)
    dwell[draws.chance(0.08, count)] = NO_DWELL
    return Views(user, note, at, surface, promoted.astype(np.int64), dwell)


def _notes_seen(draws: Draws, world: World, user: Ints) -> Ints:
    """A note for each view: of the user's own brand or of any, the popular ones more often."""
    count = len(user)
    edges = np.concatenate([[0.0], np.cumsum(world.note_interest)])
    own = world.user_brand[user]
    loyal = draws.chance(_LOYALTY, count)
    low = np.where(loyal, edges[np.searchsorted(world.note_brand, own, side="left")], 0.0)
    high = np.where(loyal, edges[np.searchsorted(world.note_brand, own, side="right")], edges[-1])
    point = low + draws.uniform(count) * (high - low)
    found: Ints = np.searchsorted(edges, point, side="right") - 1
    return np.clip(found, 0, len(edges) - 2)


def _view_times(draws: Draws, clock: ActivityClock, world: World, note: Ints) -> Ints:
    """Times within the span, dense after publication and rarer as interest wears off."""
    (fast_start, fast_end), (slow_start, slow_end) = interest_masses(world.note_published, clock)
    (fast_share, fast_mean), (slow_share, slow_mean) = INTERESTS
    fast = fast_share * (fast_start - fast_end)
    slow = slow_share * (slow_start - slow_end)
    is_fast = draws.chance((fast / (fast + slow))[note], len(note))
    start = np.where(is_fast, fast_start[note], slow_start[note])
    end = np.where(is_fast, fast_end[note], slow_end[note])
    left = start - draws.uniform(len(note)) * (start - end)
    age = -np.log(left) * np.where(is_fast, fast_mean, slow_mean)
    at = clock.time(world.note_published[note] + age)
    return np.clip(at, clock.start_ms, clock.end_ms - 1)


def _surfaces(draws: Draws, age: Floats) -> Ints:
    point = draws.uniform(len(age))
    fresh = np.searchsorted(np.cumsum(_FRESH_SURFACES)[:-1], point, side="right")
    old = np.searchsorted(np.cumsum(_OLD_SURFACES)[:-1], point, side="right")
    return np.where(age < _FRESH_MS, fresh, old)


def _draw_saves(
    draws: Draws,
    clock: ActivityClock,
    world: World,
    views: Views,
    pair: Ints,
    count: int,
    unsave_share: float,
) -> tuple[Ints, Saves]:
    """Also returns the views that are saved from; `count` includes the unsaves."""
    unsaves = round(count * unsave_share / (1 + unsave_share))
    weight = world.note_saving[views.note]
    at = views.at + draws.log_normal(20 * SECOND_MS, 0.9, len(weight)).astype(np.int64)
    # A note is saved on first sight; another save of it only makes up the number in tiny worlds.
    repeated = np.ones(len(pair), dtype=np.bool_)
    repeated[np.unique(pair, return_index=True)[1]] = False
    weight = np.where(repeated, weight * 1e-9, weight) * (at < clock.end_ms)
    saving = draws.sample(weight, count - unsaves)
    user, note, at = views.user[saving], views.note[saving], at[saving]

    undone = clock.later(at, draws.log_normal(2 * DAY_MS * clock.stretch, 1.5, len(at)))
    taken_back = draws.sample((undone < clock.end_ms).astype(np.float64), unsaves)
    action = np.repeat([0, 1], [len(saving), len(taken_back)])
    return saving, Saves(
        user=np.concatenate([user, user[taken_back]]),
        note=np.concatenate([note, note[taken_back]]),
        at=np.concatenate([at, undone[taken_back]]),
        action=action,
    )


def _draw_clicks(
    draws: Draws,
    clock: ActivityClock,
    world: World,
    views: Views,
    has_saved: Bools,
    count: int,
) -> Clicks:
    at = views.at + draws.log_normal(35 * SECOND_MS, 1.1, len(views.at)).astype(np.int64)
    weight = world.note_clicking[views.note] * np.where(has_saved, _SAVERS_CLICK, 1.0)
    clicking = draws.sample(weight * (at < clock.end_ms), count)
    note = views.note[clicking]
    main_item = world.note_item[note]
    first_item = world.note_brand[note] * world.items_per_brand
    any_item = first_item + draws.below(world.items_per_brand, len(note))
    return Clicks(
        user=views.user[clicking],
        note=note,
        at=at[clicking],
        item=np.where(draws.chance(0.8, len(note)), main_item, any_item),
        placement=draws.chance(0.15, len(note)).astype(np.int64),
    )
