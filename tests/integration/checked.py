"""What is checked by `zhongcao verify`: topics, a worker that reads them, and its tables."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cli.commands import Zhongcao
from group_of_workers import Workers
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from schemas.codec import Codec
from schemas.registry import DirectoryRegistry
from schemas.topics import NOTE_VIEWS, TAOBAO_PURCHASES
from sinks.connection import ClickHouse
from streams.partitioning import partition_of
from streams.settings import Settings

TIMEOUT_S = 120
#: 2025-06-17 12:00 in Shanghai.
NOON = 1_750_132_800_000
CODEC = Codec(DirectoryRegistry())


class Checked:
    """Topics, a worker that has read them, and the command."""

    def __init__(self, settings: Settings, clickhouse: ClickHouse, folder: Path) -> None:
        self.settings = settings
        self.zhongcao = Zhongcao(folder)
        self.workers = Workers(settings, clickhouse, folder)

    def publish(self, topic: str, key: str, value: bytes | None, at: int = NOON) -> None:
        self.publish_all([(topic, key, value, at)])

    def publish_all(self, messages: Iterable[tuple[str, str, bytes | None, int]]) -> None:
        """topic, key, value and timestamp of each."""
        with KafkaProducer(bootstrap_servers=self.settings.broker_hosts) as producer:
            sent = [
                producer.send(topic, value, key.encode(), timestamp_ms=at)
                for topic, key, value, at in messages
            ]
            for future in sent:
                future.get(30)

    def view(self, user: str, note: str = "n", at: int = NOON, **fields: Any) -> bytes:
        record = {"user_id": user, "note_id": note, "brand_id": "b", "occurred_at": at}
        return CODEC.encode(NOTE_VIEWS, record | {"surface": "SEARCH", "promoted": False} | fields)

    def pay(self, user: str, txn: str, at: int = NOON, **fields: Any) -> bytes:
        record = {"user_id": user, "brand_id": "b", "shop_id": "s", "item_id": "i", "quantity": 1}
        ids = {"txn_id": txn, "order_id": txn, "sub_order_id": txn}
        money = {"kind": "PAY", "amount_fen": 100, "occurred_at": at, "click_id": None}
        return CODEC.encode(TAOBAO_PURCHASES, record | ids | money | fields)

    def cut(self, topic: str, user: str, before: int) -> None:
        """Have Kafka forget what lies before an offset in the partition of a user, -1 for all; as retention does."""
        place = TopicPartition(topic, partition_of(user.encode(), self.settings.partitions))
        with KafkaAdminClient(bootstrap_servers=self.settings.broker_hosts) as admin:
            admin.delete_records({place: before})

    def work(self, name: str = "worker") -> None:
        with self.workers:
            self.workers.start(name)
            self.workers.until(lambda: self.workers.lag() == 0, TIMEOUT_S)
            self.workers.stop(name)

    def verify(self, *args: str, code: int = 0, **environ: str) -> dict[str, Any]:
        config = ("--config", str(self.workers.config))
        done = self.zhongcao("verify", "--json", *config, *args, **environ)
        assert done.returncode == code, (done.stdout, done.stderr)
        report: dict[str, Any] = json.loads(done.stdout)
        assert report["equal"] == (code == 0)
        return report
