"""Publishes messages at their planned times, whatever becomes of them: an open load, in a process of its own.

    python bench/latency/sender.py PLAN.json

Event i is due at began_s + i / rate. A sender that fell behind sends what is due as fast as it can, and says at the end
how late events were, and how late the broker had them: whoever counts from the planned times counts that too. It takes
nothing of the project, as it runs with confluent-kafka in a virtual environment of its own.
"""

# mypy: disable-error-code="import-not-found"
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

#: So long it sleeps while nothing is due, s.
TICK_S = 0.002
#: librdkafka collects messages of a partition for so long, ms. With less, the broker is busy with small batches alone.
LINGER_MS = 20
FLUSH_S = 60


def send(plan: dict[str, Any]) -> tuple[list[float], list[float]]:
    """Publish all events; how late each was handed to librdkafka, and each of the last topic acknowledged, s.

    plan: broker; rate, events per second; began_s, Unix time; warm_up_s, for which it does not count how late they are;
    events; order, the topic of each event of a cycle; topics, each with name, file, width of a message in bytes, and
    key_at.
    """
    producer = Producer(
        {
            "bootstrap.servers": plan["broker"],
            "linger.ms": LINGER_MS,
            "compression.type": "lz4",
            "partitioner": "murmur2_random",  # as Kafka's own clients
            "queue.buffering.max.messages": 10_000_000,
            "queue.buffering.max.kbytes": 2_000_000,
        }
    )
    produce, order = producer.produce, plan["order"]
    messages = [_messages(topic) for topic in plan["topics"]]
    names = [topic["name"] for topic in plan["topics"]]
    began_s, rate, events = plan["began_s"], plan["rate"], plan["events"]
    asked, counted_from = len(names) - 1, int(plan["warm_up_s"] * rate)
    late: list[tuple[int, float]] = []
    acknowledged: list[float] = []
    sent = 0
    while sent < events:
        due = min(int((time.time() - began_s) * rate) + 1, events)
        if due <= sent:
            producer.poll(0)
            time.sleep(TICK_S)
            continue
        first = sent
        for number in range(sent, due):
            topic = order[number % len(order)]
            key, value = next(messages[topic])
            if topic == asked and number >= counted_from:
                produce(
                    names[topic],
                    value,
                    key,
                    on_delivery=_noting(acknowledged, began_s + number / rate),
                )
            else:
                produce(names[topic], value, key)
        producer.poll(0)
        sent = due
        # The first of a tick is the latest: it counts for all of them.
        if first >= counted_from:
            late.append((sent - first, time.time() - began_s - first / rate))
    if left := producer.flush(FLUSH_S):
        sys.exit(f"{left} messages were not taken by the broker in {FLUSH_S} s")
    return [lateness for count, lateness in late for _ in range(count)], acknowledged


def _noting(latencies: list[float], due_s: float) -> Callable[[object, object], None]:
    """To be called when the broker has a message, or has failed: how late that is, s."""

    def note(error: object, message: object) -> None:
        if error is not None:
            sys.exit(f"a message was not taken by the broker: {error}")
        latencies.append(time.time() - due_s)

    return note


def _messages(topic: dict[str, Any]) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of each message of a file."""
    data, width = Path(topic["file"]).read_bytes(), topic["width"]
    first, behind = topic["key_at"]
    for at in range(0, len(data), width):
        yield data[at + first : at + behind], data[at : at + width]


def main() -> None:
    """Send, and leave how late that was in PLAN.late.json, s."""
    file = Path(sys.argv[1])
    late, acknowledged = send(json.loads(file.read_text()))
    found = {"sent": _percentiles(late), "acknowledged": _percentiles(acknowledged)}
    file.with_suffix(".late.json").write_text(json.dumps(found))


def _percentiles(latencies: Sequence[float]) -> dict[str, float]:
    ascending = sorted(latencies)
    places = {"p50_s": len(ascending) // 2, "p99_s": len(ascending) * 99 // 100, "max_s": -1}
    return {name: ascending[place] for name, place in places.items()}


if __name__ == "__main__":
    main()
