"""Events to the topics in Kafka."""

from collections.abc import Iterable
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError

from schemas.codec import Codec
from schemas.errors import BrokerError
from schemas.topics import SOURCE_TOPICS, SourceEvent
from streams.kafka.access import kafka_python_options
from streams.kafka.login import log_in
from streams.registry import registry_of
from streams.settings import Settings

#: Progress is told once per so many events.
STEP = 1_000


def publish(settings: Settings, events: Iterable[SourceEvent], progress: Any) -> int:
    """Publish events, keyed by user, and return how many, once Kafka has acknowledged all of them.

    Their Kafka timestamp is the time of publishing: an older one could fall behind the topics' retention at once.
    progress: called with the number published so far.
    Raises: BrokerError, if Kafka cannot be reached or refuses a record; RegistryError, before anything is published.
    """
    codec = Codec(registry_of(settings))
    codec.prepare(SOURCE_TOPICS)
    log_in(settings)
    failed: list[BaseException] = []
    count = 0
    try:
        producer = KafkaProducer(
            **kafka_python_options(settings),
            acks="all",
            compression_type="lz4",
            linger_ms=20,
        )
        for count, event in enumerate(events, start=1):
            producer.send(
                event.topic,
                key=event.record["user_id"].encode(),
                value=codec.encode(event.topic, event.record),
            ).add_errback(failed.append)
            if count % STEP == 0:
                progress(count)
                if failed:
                    break
        producer.flush()
        producer.close()
    except KafkaError as error:
        failed.append(error)
    if failed:
        raise BrokerError(
            f"Kafka at {settings.broker} did not take all events "
            f"({type(failed[0]).__name__}: {failed[0]}): check the address and `zhongcao topics check`. "
            "Publishing the same events again is safe."
        )
    return count
