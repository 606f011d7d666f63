"""What a former version left behind when it died before it had committed: messages, a changelog, and a state."""

from pathlib import Path
from random import Random

from former.history import EVENTS, FORGOTTEN
from former.stores import LOGGED, former_log, former_state
from kafka import KafkaProducer
from oracle.messages import encoded

from schemas.topics import FORGET_REQUESTS
from streams.erasure.requests import Request
from streams.settings import Settings

#: With which they were written.
LOOKBACK_DAYS, LATENESS_DAYS = 30, 3
#: One whose touches and payments are in the history.
FORMER_USER = "u1"


def leave(rng: Random, settings: Settings, data_dir: Path) -> None:
    """Publish it before the first worker starts; one in two times the folder has the state, too."""
    name = rng.choice(LOGGED)
    with KafkaProducer(bootstrap_servers=settings.broker_hosts, acks="all") as producer:
        for message in map(encoded, EVENTS):
            producer.send(
                *(message.topic, message.value, message.key),
                partition=0,
                timestamp_ms=message.timestamp,
            ).get(60)
        for record in former_log(name).records[0]:
            producer.send(settings.changelog_topic, record, partition=0).get(60)
        request = Request.of(FORGOTTEN).fulfilled()
        producer.send(FORGET_REQUESTS, request.to_bytes(), request.key, partition=0).get(60)
    if rng.random() < 0.5:
        former_state(name, data_dir)
