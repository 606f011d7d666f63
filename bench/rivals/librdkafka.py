"""The limit: librdkafka consumes the four topics in one process and counts; it decodes and joins nothing.

No Python program that reads Kafka through librdkafka, with one consumer, is faster than this. It writes no rows.
"""

# mypy: disable-error-code="import-not-found"
from contest import Progress, Task, packages_of

with packages_of("librdkafka"):
    from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition

BATCH = 10_000


def main() -> None:
    task = Task.given()
    consumer = Consumer(
        {
            "bootstrap.servers": task.broker,
            "group.id": "librdkafka",
            "enable.auto.commit": False,
            "fetch.queue.backoff.ms": 10,  # not a second of silence after each full queue
        }
    )
    consumer.assign(
        [
            TopicPartition(source, partition, OFFSET_BEGINNING)
            for source, ends in task.ends.items()
            for partition in range(len(ends))
        ]
    )
    with Progress(task.folder) as progress:
        while progress.events < task.events:
            messages = consumer.consume(num_messages=BATCH, timeout=0.1)
            for message in messages:
                if error := message.error():
                    raise KafkaException(error)
            progress.events += len(messages)
    consumer.close()


if __name__ == "__main__":
    main()
