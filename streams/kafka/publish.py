"""Events to the topics in Kafka."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
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
from streams.stopping import Stopped

#: Progress is told once per so many events.
STEP = 1_000
#: How long what was read already may take to come to Kafka when nothing more is read; less than a stop may take.
FLUSH_S = 10.0
AGAIN = "Publishing the same events again is safe: what is known changes nothing."


def publish(settings: Settings, events: Iterable[SourceEvent], progress: Any) -> int:
    """Publish events, keyed by user, and return how many, once Kafka has acknowledged all of them.

    Their Kafka timestamp is the time of publishing: an older one could fall behind the topics' retention at once.
    progress: called with the number published so far.
    Raises: BrokerError, if Kafka cannot be reached or refuses a record; RegistryError, before anything is published;
    and whatever the events raise. Stopped, on a signal. What was read until then is published first.
    """
    codec = Codec(registry_of(settings))
    codec.prepare(SOURCE_TOPICS)
    log_in(settings)
    sending = _Sending(settings)
    try:
        for event in events:
            value = codec.encode(event.topic, event.record)
            sending.send(event.topic, event.record["user_id"].encode(), value)
            if sending.sent % STEP == 0:
                progress(sending.sent)
                sending.check()
        sending.finish()
    except KeyboardInterrupt as signal:
        sending.give_up()
        told = f"{sending.told()}; the rest of the input was not sent"
        raise Stopped(f"Interrupted: {told}. {AGAIN}") from signal
    except BaseException:
        sending.give_up()
        raise
    return sending.sent


class _Sending:
    """What was handed to a producer, and what Kafka has said of it.

    Raises: BrokerError.
    """

    def __init__(self, settings: Settings) -> None:
        self.sent = 0
        self._settings = settings
        self._acknowledged = 0
        self._failed: list[BaseException] = []
        with self._explained():
            self._producer = KafkaProducer(
                **kafka_python_options(settings),
                acks="all",
                compression_type="lz4",
                linger_ms=20,
            )

    def send(self, topic: str, key: bytes, value: bytes) -> None:
        """Hand over a message; this may wait for room."""
        with self._explained():
            sent = self._producer.send(topic, key=key, value=value)
        self.sent += 1
        sent.add_callback(self._on_acknowledged).add_errback(self._failed.append)

    def finish(self) -> None:
        """Wait until Kafka has acknowledged everything."""
        with self._explained():
            self._producer.flush()
            self._producer.close()
        self.check()

    def give_up(self) -> None:
        """Let what was handed over come to Kafka, for a bounded time."""
        with suppress(KafkaError):
            self._producer.close(FLUSH_S)

    def check(self) -> None:
        """Nothing may have been refused so far."""
        if self._failed:
            raise self._refused(self._failed[0])

    def told(self) -> str:
        """How many events Kafka has, as half a sentence."""
        told = f"Kafka has acknowledged {self._acknowledged:,} events"
        if unknown := self.sent - self._acknowledged:
            told += f", and may have taken some of {unknown:,} more"
        return told

    def _on_acknowledged(self, _: Any) -> None:
        # All in the producer's one thread.
        self._acknowledged += 1

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except KafkaError as error:
            raise self._refused(error) from error

    def _refused(self, error: BaseException) -> BrokerError:
        return BrokerError(
            f"Kafka at {self._settings.broker} did not take all events "
            f"({type(error).__name__}: {error}): check the address and `zhongcao topics check`. {AGAIN}"
        )
