"""What is published in a scenario: believable events, out of order, some of them twice, and junk among them."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from random import Random

from oracle.messages import CODEC

from schemas.topics import SOURCE_TOPICS, SourceEvent
from schemas.wire import header
from sources.generator import Traffic, generate

EVENTS = 6_000
POISON_SHARE = 0.05
#: How far messages are moved at most when they are shuffled.
SHUFFLE = 200
#: As large as brokers take by default, with room for headers.
LARGE = 1_000_000
#: Events of the hot user, if there is one, and events whose time somebody has forged.
HOT, FORGED = 900, 60
#: ms since the Unix epoch; SOON is as far ahead of the present as the topics accept, but for a few minutes.
IN_2099, SOON_MS = 4_070_908_800_000, 50 * 60_000


@dataclass(frozen=True, slots=True)
class Published:
    """One message on its way."""

    topic: str
    key: bytes
    value: bytes | None
    timestamp: int


def traffic(seed: int, hot: bool = False) -> list[Published]:
    """The messages of a seed, in the order of publication. hot: there is a user who has more events than a person."""
    rng = Random(seed)
    shape = Traffic(
        events=EVENTS,
        seed=seed,
        days=rng.choice([5, 20, 45]),
        brands=3,
        notes=40,
        users=300,
        items_per_brand=5,
        save_share=0.1,
        click_share=0.08,
        order_share=0.05,
        duplicate_share=rng.choice([0.0, 0.05, 0.2]),
        late_share=rng.choice([0.0, 0.01, 0.05]),
        junk_share=0.01,
    )
    messages = list(published(shape))
    if hot:
        often = replace(shape, events=HOT, order_share=0.2, seed=seed + 1)
        messages = _among(messages, _of_others(often, "unknown", "hot-"))
    forged = _of_others(replace(shape, events=FORGED, seed=seed + 2), "", "forged-")
    messages = _among(messages, (_forged(rng, event) for event in forged))
    if rng.random() < 0.5:
        order = [i + rng.uniform(0, SHUFFLE) for i in range(len(messages))]
        messages = [message for _, message in sorted(zip(order, messages, strict=True), key=_first)]
    return list(_poisoned(rng, messages))


def published(shape: Traffic) -> Iterator[Published]:
    """Generated events as messages."""
    return map(_message, generate(shape))


def _message(event: SourceEvent) -> Published:
    return Published(
        event.topic,
        event.record["user_id"].encode(),
        CODEC.encode(event.topic, event.record),
        event.timestamp or 0,
    )


def _of_others(shape: Traffic, user: str, prefix: str) -> Iterator[SourceEvent]:
    """Events that share no user and no id with others. user: the only one, if not empty."""
    for event in generate(shape):
        ids = {
            name: prefix + event.record[name]
            for name in ("user_id", "click_id", "txn_id", "order_id", "sub_order_id")
            if event.record.get(name)
        }
        yield replace(event, record=event.record | ids | ({"user_id": user} if user else {}))


def _forged(rng: Random, event: SourceEvent) -> SourceEvent:
    """An event that says it is of another time, or whose message does."""
    if rng.random() < 0.5:
        occurred_at = rng.choice([-1, 0, IN_2099])
        return replace(event, record=event.record | {"occurred_at": occurred_at})
    return replace(event, timestamp=rng.choice([0, int(time.time() * 1000) + SOON_MS]))


def _among(messages: list[Published], events: Iterable[SourceEvent]) -> list[Published]:
    """Both, evenly mixed; each keep their order."""
    others = list(map(_message, events))
    placed = [
        (number / len(some), message)
        for some in (messages, others)
        for number, message in enumerate(some)
    ]
    return [message for _, message in sorted(placed, key=_first)]


def _first(pair: tuple[float, Published]) -> float:
    return pair[0]


def _poisoned(rng: Random, messages: list[Published]) -> Iterator[Published]:
    """Some messages are damaged, and some junk comes on top."""
    large = set(rng.sample(range(len(messages)), 2))
    for number, message in enumerate(messages):
        if rng.random() < POISON_SHARE:
            yield Published(message.topic, message.key, _damaged(rng, message), message.timestamp)
        else:
            yield message
        if number in large:
            yield Published(message.topic, b"junk", rng.randbytes(LARGE), message.timestamp)


def _damaged(rng: Random, message: Published) -> bytes | None:
    good = message.value or b""
    at = rng.randrange(5, len(good))
    other = rng.choice(SOURCE_TOPICS)
    return rng.choice(
        [
            None,
            b"",
            good[:at],
            good + rng.randbytes(rng.randint(1, 4)),
            good[:at] + bytes([good[at] ^ 1 << rng.randrange(8)]) + good[at + 1 :],
            good[:at] + rng.randbytes(2) + good[at:],
            bytes([rng.randint(1, 255)]) + good[1:],
            header(rng.randint(5, 2**31 - 1)) + good[5:],
            header(1 + SOURCE_TOPICS.index(other)) + good[5:],
            good[:5] + rng.randbytes(len(good) - 5),
        ]
    )
