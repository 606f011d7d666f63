"""Orders: what people buy after touching notes, or without; their payments and refunds."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from .clock import DAY_MS, HOUR_MS, ActivityClock
from .draws import Bools, Draws, Ints
from .touches import Touches, Views
from .traffic import Traffic
from .world import World, seed_space

PURCHASE_KINDS: Final = ("PAY", "REFUND")

#: The order line does not come from a click.
NO_CLICK: Final = -1

#: Nobody takes longer to buy, so a path of 30 days always holds the touch that led there.
_LONGEST_DELAY_MS: Final = 28 * DAY_MS

#: How likely a view, a save and a click are to lead to an order of something else.
_VIEW_WEIGHT: Final = 1.0
_SAVE_WEIGHT: Final = 25.0
_CLICK_WEIGHT: Final = 40.0

_FIRST_ORDER: Final = 2_458_000_000_000
#: Numbers of orders that a seed has for itself, and how many seeds do: enough for a million orders, in 19 digits.
_ORDER_SPACE: Final = 4_000_000_000
_ORDER_SPACES: Final = 1_500
_BUYER_DIGITS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Orders:
    """By payment or refund of a sub-order.

    at: ms. item, click: numbers of the item and the click, or NO_CLICK. kind: an index into
    PURCHASE_KINDS. order, sub_order: their ids as numbers of 19 digits.
    """

    user: Ints
    item: Ints
    at: Ints
    click: Ints
    order: Ints
    sub_order: Ints
    quantity: Ints
    kind: Ints
    amount_fen: Ints


@dataclass(frozen=True, slots=True)
class _Baskets:
    """By order: who, when, and its first item with the click that led there."""

    user: Ints
    item: Ints
    at: Ints
    click: Ints


@dataclass(frozen=True, slots=True)
class _Lines:
    """By sub-order; gross_fen is what all its payments add up to."""

    user: Ints
    item: Ints
    at: Ints
    click: Ints
    order: Ints
    sub_order: Ints
    quantity: Ints
    gross_fen: Ints


def draw_orders(
    draws: Draws, clock: ActivityClock, world: World, touches: Touches, traffic: Traffic
) -> Orders:
    """Draw as many payments and refunds as the share asks for."""
    events = round(traffic.distinct_events * traffic.order_share)
    sub_orders = round(events / (1 + traffic.deposit_share + traffic.refund_share))
    deposits = min(round(sub_orders * traffic.deposit_share), events - sub_orders)
    lines_per_order = _line_counts(draws, sub_orders, traffic.multi_line_share)
    baskets = _draw_baskets(draws, clock, world, touches, traffic, len(lines_per_order))
    first = _FIRST_ORDER + seed_space(traffic.ids, _ORDER_SPACES) * _ORDER_SPACE
    lines = _fill(draws, world, baskets, lines_per_order[: len(baskets.at)], first)
    return _settle(draws, clock, lines, deposits, events - sub_orders - deposits)


def _line_counts(draws: Draws, sub_orders: int, multi_line_share: float) -> Ints:
    """Lines of each order, 1 to 4, that add up to `sub_orders`."""
    more = 2 + draws.chance(0.3, sub_orders) + draws.chance(0.1, sub_orders)
    counts: Ints = np.where(draws.chance(multi_line_share, sub_orders), more, 1)
    before: Ints = np.cumsum(counts) - counts
    counts = counts[before < sub_orders]
    return np.minimum(counts, sub_orders - before[: len(counts)])


def _draw_baskets(
    draws: Draws,
    clock: ActivityClock,
    world: World,
    touches: Touches,
    traffic: Traffic,
    count: int,
) -> _Baskets:
    """At most `count` orders in order of time; fewer only when there are too few touches."""
    organic = round(count * traffic.organic_share)
    direct = round((count - organic) * traffic.direct_share)
    parts = [_direct(draws, clock, touches, direct)]
    others = count - organic - len(parts[0].at)
    parts.append(_indirect(draws, clock, world, touches, others))
    parts.append(_organic(draws, clock, world, touches.views, traffic, organic))
    at = np.concatenate([part.at for part in parts])
    order = np.argsort(at, kind="stable")
    return _Baskets(
        user=np.concatenate([part.user for part in parts])[order],
        item=np.concatenate([part.item for part in parts])[order],
        at=at[order],
        click=np.concatenate([part.click for part in parts])[order],
    )


def _in_time(clock: ActivityClock, since: Ints, at: Ints) -> Bools:
    return (at < clock.end_ms) & (at - since <= _LONGEST_DELAY_MS)


def _direct(draws: Draws, clock: ActivityClock, touches: Touches, count: int) -> _Baskets:
    """Orders for the clicked item, mostly within hours."""
    clicks = touches.clicks
    delay = draws.log_normal(1.5 * HOUR_MS * clock.stretch, 2.0, len(clicks.at))
    at = clock.later(clicks.at, delay)
    chosen = draws.sample(_in_time(clock, clicks.at, at).astype(np.float64), count)
    return _Baskets(clicks.user[chosen], clicks.item[chosen], at[chosen], chosen)


def _indirect(
    draws: Draws, clock: ActivityClock, world: World, touches: Touches, count: int
) -> _Baskets:
    """Orders of something else of the brand, some days after a touch."""
    views, saves, clicks = touches.views, touches.saves, touches.clicks
    user = np.concatenate([views.user, saves.user, clicks.user])
    since = np.concatenate([views.at, saves.at, clicks.at])
    clicked = np.concatenate(
        [world.note_item[views.note], world.note_item[saves.note], clicks.item]
    )
    weight = np.repeat(
        [_VIEW_WEIGHT, _SAVE_WEIGHT, _CLICK_WEIGHT],
        [len(views.at), len(saves.at), len(clicks.at)],
    )
    weight[len(views.at) : len(views.at) + len(saves.at)] *= saves.action == 0
    delay = draws.log_normal(2 * DAY_MS * clock.stretch, 1.4, len(since))
    at = clock.later(since, delay)
    chosen = draws.sample(weight * _in_time(clock, since, at), count)
    item = _another_item(draws, world, clicked[chosen])
    return _Baskets(user[chosen], item, at[chosen], np.full(len(chosen), NO_CLICK))


def _another_item(draws: Draws, world: World, item: Ints) -> Ints:
    """Another item of the same brand."""
    items = world.items_per_brand
    step = 1 + draws.below(items - 1, len(item))
    return item // items * items + (item % items + step) % items


def _organic(
    draws: Draws,
    clock: ActivityClock,
    world: World,
    views: Views,
    traffic: Traffic,
    count: int,
) -> _Baskets:
    """Orders of users who have not touched a note of the brand before."""
    tries = 4 * count
    user = draws.below(traffic.users, tries)
    brand = draws.weighted(world.brand_weight, tries)
    at = clock.time(
        clock.start_activity + draws.uniform(tries) * (clock.end_activity - clock.start_activity)
    )
    at = np.clip(at, clock.start_ms, clock.end_ms - 1)
    untouched = at < _first_views(world, views, user * traffic.brands + brand)
    found = np.flatnonzero(untouched)[:count]
    # Where nearly everybody has seen every brand, those who only shop make up the number.
    rest = np.flatnonzero(~untouched)[: count - len(found)]
    quiet = traffic.users - traffic.touching_users
    user[rest] = traffic.touching_users + draws.below(quiet, len(rest))
    chosen = np.sort(np.concatenate([found, rest]))
    first_item = brand[chosen] * world.items_per_brand
    item = first_item + draws.below(world.items_per_brand, len(chosen))
    return _Baskets(user[chosen], item, at[chosen], np.full(len(chosen), NO_CLICK))


def _first_views(world: World, views: Views, pairs: Ints) -> Ints:
    """When each user * brands + brand was first viewed (ms); int64's maximum for never."""
    seen = views.user * len(world.brand_ids) + world.note_brand[views.note]
    # Views are in order of time, so the first index of a pair is its earliest view.
    known, first = np.unique(seen, return_index=True)
    place = np.minimum(np.searchsorted(known, pairs), len(known) - 1)
    return np.where(known[place] == pairs, views.at[first[place]], np.iinfo(np.int64).max)


def _fill(draws: Draws, world: World, baskets: _Baskets, lines: Ints, first_order: int) -> _Lines:
    """Spread orders over their lines; only the first line is what the click led to."""
    basket = np.repeat(np.arange(len(lines)), lines)
    place = np.arange(len(basket)) - np.repeat(np.cumsum(lines) - lines, lines)
    first = baskets.item[basket]
    item = np.where(place == 0, first, _another_item(draws, world, first))
    point = draws.uniform(len(basket))
    quantity = 1 + np.searchsorted([0.82, 0.94, 0.98], point, side="right")
    order = _order_ids(draws, baskets, lines, first_order)[basket]
    single = (lines == 1)[basket]
    return _Lines(
        user=baskets.user[basket],
        item=item,
        at=baskets.at[basket],
        click=np.where(place == 0, baskets.click[basket], NO_CLICK),
        order=order,
        sub_order=np.where(single, order, order + (place + 1) * _BUYER_DIGITS),
        quantity=quantity,
        gross_fen=world.item_price[item] * quantity,
    )


def _order_ids(draws: Draws, baskets: _Baskets, lines: Ints, first_order: int) -> Ints:
    """19 digits as Taobao's: they grow with time and end in digits that belong to the buyer.

    A single line has its order's id; of several, each has the next number with the same end.
    """
    gap = 1 + lines + draws.below(5_000, len(lines))
    number = first_order + np.cumsum(gap)
    return number * _BUYER_DIGITS + baskets.user * 7_919 % _BUYER_DIGITS


def _settle(
    draws: Draws, clock: ActivityClock, lines: _Lines, deposits: int, refunds: int
) -> Orders:
    """Pay the sub-orders, some in two parts, and refund some."""
    count = len(lines.at)
    balance_at = clock.later(lines.at, draws.log_normal(5 * DAY_MS * clock.stretch, 0.5, count))
    split = draws.sample((balance_at < clock.end_ms).astype(np.float64), deposits)
    deposit = lines.gross_fen[split] * (10 + draws.below(21, len(split))) // 100
    deposit = np.maximum(deposit // 100 * 100, 100)
    first_fen = lines.gross_fen.copy()
    first_fen[split] = deposit

    settled_at = lines.at.copy()
    settled_at[split] = balance_at[split]
    refund_at = clock.later(settled_at, draws.log_normal(5 * DAY_MS * clock.stretch, 0.9, count))
    returned = draws.sample((refund_at < clock.end_ms).astype(np.float64), refunds)
    partial = lines.gross_fen[returned] * (10 + draws.below(61, len(returned))) // 100
    refund_fen = np.where(draws.chance(0.8, len(returned)), lines.gross_fen[returned], partial)

    line = np.concatenate([np.arange(count), split, returned])
    return Orders(
        user=lines.user[line],
        item=lines.item[line],
        at=np.concatenate([lines.at, balance_at[split], refund_at[returned]]),
        click=lines.click[line],
        order=lines.order[line],
        sub_order=lines.sub_order[line],
        quantity=lines.quantity[line],
        kind=np.repeat([0, 1], [count + len(split), len(returned)]),
        amount_fen=np.concatenate([first_fen, lines.gross_fen[split] - deposit, refund_fen]),
    )
