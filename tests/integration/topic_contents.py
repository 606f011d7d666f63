"""What lies in the source topics, as rows of the oracle's table `raw`."""

from collections.abc import Iterator
from typing import Any

import polars as pl
from kafka import KafkaConsumer, TopicPartition
from oracle.messages import CODEC

from schemas.topics import LINK_CLICKS, NOTE_SAVES, NOTE_VIEWS, SOURCE_TOPICS, TAOBAO_PURCHASES
from streams.settings import Settings

_KIND = {
    NOTE_VIEWS: pl.lit("view"),
    NOTE_SAVES: pl.col("action").str.to_lowercase(),
    LINK_CLICKS: pl.lit("click"),
    TAOBAO_PURCHASES: pl.col("kind"),
}


def raw_columns(settings: Settings) -> Iterator[dict[str, list[Any]]]:
    """Column → values, topic after topic in pieces; all messages must be good ones."""
    seq = 0
    for topic in SOURCE_TOPICS:
        for records in _records(settings, topic):
            decoded = CODEC.decode(topic, [record.value for record in records])
            assert not decoded.rejects
            where = pl.DataFrame(
                {
                    "seq": range(seq, seq + len(records)),
                    "topic": [topic] * len(records),
                    "partition": [record.partition for record in records],
                    "offset": [record.offset for record in records],
                    "kafka_timestamp": [record.timestamp for record in records],
                    "key": [record.key for record in records],
                    "payload": [record.value for record in records],
                }
            )
            seq += len(records)
            fields = decoded.frame.with_columns(_KIND[topic].alias("kind")).drop("row")
            fields = fields.drop("action", strict=False)
            yield pl.concat([where, fields], how="horizontal").to_dict(as_series=False)


def _records(settings: Settings, topic: str) -> Iterator[list[Any]]:
    with KafkaConsumer(
        bootstrap_servers=settings.broker_hosts, max_poll_records=50_000, group_id=None
    ) as consumer:
        tps = [TopicPartition(topic, number) for number in range(settings.partitions)]
        consumer.assign(tps)
        consumer.seek_to_beginning(*tps)
        ends = consumer.end_offsets(tps)
        while any(consumer.position(tp) < end for tp, end in ends.items()):
            if records := [r for rs in consumer.poll(1000).values() for r in rs]:
                yield records
