"""Believable traffic with a fixed seed: notes are viewed, saved and clicked, and people buy.

    for event in generate(Traffic(events=100_000, seed=7)):
        ...

The same Traffic gives the same events in the same order, on every machine.
"""

from collections.abc import Iterator

from schemas.topics import SourceEvent

from .arrivals import schedule
from .clock import ActivityClock
from .draws import Draws
from .orders import draw_orders
from .records import Emitter
from .touches import draw_touches
from .traffic import FIRST_DAY, Traffic
from .world import draw_world

__all__ = ["FIRST_DAY", "Traffic", "generate"]


def generate(traffic: Traffic) -> Iterator[SourceEvent]:
    """Yield about `traffic.events` events in the order in which they arrive.

    An event's timestamp is when it arrives, in ms since the Unix epoch, UTC. It is not before
    `occurred_at`, except in junk that claims to come from the future.

    Everything is drawn when the first event is asked for. That takes up to about 150 bytes per
    event (0.7 GiB for 5 million); records are built as they are yielded.
    """
    clock = ActivityClock(traffic.start_ms, traffic.end_ms)
    world = draw_world(Draws(traffic.seed, "world"), clock, traffic)
    touches = draw_touches(Draws(traffic.seed, "touches"), clock, world, traffic)
    orders = draw_orders(Draws(traffic.seed, "orders"), clock, world, touches, traffic)
    emitter = Emitter(world, touches, orders, traffic.ids)
    arrivals = schedule(Draws(traffic.seed, "arrivals"), emitter.occurred_at(), traffic)
    yield from emitter.emit(arrivals)
