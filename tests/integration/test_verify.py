"""`zhongcao verify` on a real broker: equal where all is well, and what is wrong where it is not."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cli.commands import Zhongcao
from group_of_workers import Workers
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from local_kafka import LocalKafka
from waiting import delete_topics

from schemas.codec import Codec
from schemas.registry import DirectoryRegistry
from schemas.rejects import Reason
from schemas.topics import NOTE_VIEWS
from schemas.wire import header
from sinks.connection import ClickHouse
from streams.kafka import topics
from streams.kafka.topic_rules import topics_of
from streams.partitioning import partition_of
from streams.settings import Settings
from streams.timeunits import DAY_MS

TIMEOUT_S = 120
NOON = 1_750_132_800_000
CODEC = Codec(DirectoryRegistry())
Query = Callable[[str], list[tuple[Any, ...]]]


class Checked:
    """Topics, a worker that has read them, and the command."""

    def __init__(self, settings: Settings, clickhouse: ClickHouse, folder: Path) -> None:
        self.settings = settings
        self.zhongcao = Zhongcao(folder)
        self.workers = Workers(settings, clickhouse, folder)

    def publish(self, topic: str, key: str, value: bytes | None, at: int = NOON) -> None:
        with KafkaProducer(bootstrap_servers=self.settings.broker_hosts) as producer:
            producer.send(topic, value, key.encode(), timestamp_ms=at).get(30)

    def view(self, user: str, note: str = "n", at: int = NOON, **fields: Any) -> bytes:
        record = {"user_id": user, "note_id": note, "brand_id": "b", "occurred_at": at}
        return CODEC.encode(NOTE_VIEWS, record | {"surface": "SEARCH", "promoted": False} | fields)

    def work(self, name: str = "worker") -> None:
        with self.workers:
            self.workers.start(name)
            self.workers.until(lambda: self.workers.lag() == 0, TIMEOUT_S)
            self.workers.stop(name)

    def verify(self, *args: str, code: int = 0) -> dict[str, Any]:
        done = self.zhongcao("verify", "--json", "--config", str(self.workers.config), *args)
        assert done.returncode == code, (done.stdout, done.stderr)
        report: dict[str, Any] = json.loads(done.stdout)
        assert report["equal"] == (code == 0)
        return report


@pytest.fixture
def checked(own_kafka: LocalKafka, fresh_database: ClickHouse, tmp_path: Path) -> Iterator[Checked]:
    settings = Settings(
        broker=f"kafka://{own_kafka.address}",
        group=f"group-{uuid4().hex}",  # offsets outlive their topics
        partitions=2,
        lookback_days=7,
        data_dir=tmp_path,
    )
    topics.create(settings, replication=1, source_days=10_000)  # for timestamps that are long past
    yield Checked(settings, fresh_database, tmp_path)
    with KafkaAdminClient(bootstrap_servers=settings.broker_hosts) as admin:
        delete_topics(admin, topics_of(settings))


def test_equal_and_then_not(checked: Checked, query: Query) -> None:
    config = str(checked.workers.config)
    checked.zhongcao.ok(
        *("generate", "--events", "8000", "--output", "events.jsonl"),
        *("--duplicate-share", "0.05", "--late-share", "0.05"),
    )
    checked.zhongcao.ok("replay", "events.jsonl", "--format", "jsonl", "--config", config)
    for value in (None, b"", b"junk", header(99) + b"x", header(1) + b"x", header(2) + b"x"):
        checked.publish(NOTE_VIEWS, "bad", value)
    checked.publish(NOTE_VIEWS, "bad", checked.view("x" * 65))
    checked.publish(NOTE_VIEWS, "bad", checked.view("bad", at=NOON + 2 * DAY_MS))
    checked.work()
    checked.publish(NOTE_VIEWS, "late", checked.view("late"))  # the generator's days end in July
    checked.work()

    report = checked.verify()
    assert not report["skipped"]
    # What is too large is in test_oversized; a broker takes neither of the others.
    elsewhere = {Reason.OVERSIZED, Reason.DAMAGED_BATCH, Reason.NO_TIMESTAMP}
    assert set(report["dead_letters"]) == {*Reason} - elsewhere
    found = {name: table["found"] for name, table in report["tables"].items()}
    assert all(count > 10 for name, count in found.items() if name != "dead_letters")
    assert found == {
        name: rows
        for name in found
        for ((rows,),) in [query(f"SELECT count() FROM current_{name}")]
    }
    facts = (
        "(SELECT too_late FROM current_touches UNION ALL SELECT too_late FROM current_order_events)"
    )
    [(late,)] = query(f"SELECT countIf(too_late) FROM {facts}")
    assert sum(report["too_late"].values()) == late > 0

    some = checked.verify("--sample", "5")
    assert 0 < some["tables"]["touches"]["found"] < found["touches"] / 3
    day = query("SELECT toString(min(day) + 20) FROM current_touches")[0][0]
    later = checked.verify("--since", day, "--until", day)
    assert 0 < later["tables"]["journeys"]["found"] < found["journeys"] / 10

    harm(query)
    wrong = checked.verify(code=3)["tables"]
    assert {name: (t["wrong"], len(t["examples"])) for name, t in wrong.items()} == {
        "touches": ({"missing": 1, "extra": 1, "differing": 0, "doubled": 0}, 2),
        "order_events": ({"missing": 0, "extra": 0, "differing": 1, "doubled": 0}, 1),
        "journeys": ({"missing": 0, "extra": 1, "differing": 0, "doubled": 0}, 1),
        "conversions": ({"missing": 0, "extra": 0, "differing": 1, "doubled": 0}, 1),
        "dead_letters": ({"missing": 1, "extra": 1, "differing": 0, "doubled": 0}, 2),
    }
    told = checked.zhongcao("verify", "--config", config)
    assert told.returncode == 3
    assert "not equal" in told.stdout
    assert "item_id: expected" in told.stdout
    assert query("SELECT count() FROM system.databases WHERE name LIKE '%_verify_%'") == [(0,)]


def harm(query: Query) -> None:
    """An event and a dead letter are lost, a view and a dead letter invented, an order and a conversion are wrong."""
    lost = "ALTER TABLE {} DELETE WHERE {} SETTINGS mutations_sync = 2"
    # Not by a subquery: each part would ask its own, and some after the event was deleted from others.
    event = "sipHash64(brand_id, note_id, user_id, occurred_at)"
    ((one,),) = query(f"SELECT min({event}) FROM touches WHERE kind = 'unsave'")
    query(lost.format("touches", f"kind = 'unsave' AND {event} = {one}"))
    query(lost.format("dead_letters", f"reason = '{Reason.FROM_THE_FUTURE}'"))
    query(
        "INSERT INTO touches SELECT * REPLACE ('x' AS user_id) FROM touches WHERE kind = 'view' AND in_time LIMIT 1"
    )
    query(
        "INSERT INTO dead_letters SELECT * REPLACE (0 AS offset) FROM dead_letters "
        f"WHERE reason = '{Reason.UNDECODABLE}'"
    )
    query(
        "INSERT INTO order_events SELECT * REPLACE (amount_fen + 1 AS amount_fen) FROM order_events LIMIT 1"
    )
    query(
        "INSERT INTO conversions SELECT * REPLACE ('x' AS item_id, version + 1 AS version) "
        "FROM conversions FINAL LIMIT 1"
    )


def test_users_whose_events_are_not_settled_are_left_out(checked: Checked) -> None:
    for user in ("a", "b", "c"):
        checked.publish(NOTE_VIEWS, user, checked.view(user))
    checked.work()
    checked.publish(NOTE_VIEWS, "b", checked.view("b", "m"))
    report = checked.verify()
    assert report["skipped"] == {"unsettled": 1}
    assert report["records"][NOTE_VIEWS] == 3
    assert report["tables"]["touches"]["found"] == 2


def test_a_refusal_is_believed_where_it_can_have_been_one(checked: Checked, query: Query) -> None:
    """Only the worker knows what time it was when it read a message."""
    now = int(time.time() * 1000)
    checked.publish(NOTE_VIEWS, "a", checked.view("a", at=now), now)
    ahead = now + DAY_MS // 24 - 60_000
    checked.publish(NOTE_VIEWS, "b", checked.view("b", at=ahead + DAY_MS), ahead)
    checked.work()
    report = checked.verify()
    assert report["dead_letters"] == {Reason.FROM_THE_FUTURE: 1}
    assert report["tables"]["touches"]["found"] == 1

    # Delivered again in its time, as by whoever reads the topic from the beginning, it is taken.
    at = f"fromUnixTimestamp64Milli({ahead + DAY_MS}, 'Asia/Shanghai')"
    taken = f"'b' AS user_id, {at} AS occurred_at, toDate({at}) AS day"
    query(f"INSERT INTO touches SELECT * REPLACE ({taken}) FROM touches")
    report = checked.verify()
    assert report["tables"]["touches"]["found"] == report["tables"]["journeys"]["found"] == 2

    honest = f"0 AS `offset`, {partition_of(b'a', 2)} AS `partition`"
    query(f"INSERT INTO dead_letters SELECT * REPLACE ({honest}) FROM dead_letters")
    wrong = checked.verify(code=3)["tables"]["dead_letters"]["wrong"]
    assert wrong["extra"] == 1


def test_producers_errors_are_told_and_their_users_left_out(checked: Checked) -> None:
    checked.publish(NOTE_VIEWS, "a", checked.view("a"))
    checked.publish(NOTE_VIEWS, "a", checked.view("a", promoted=True))
    for key in ("b", "c", "d", "e"):
        checked.publish(NOTE_VIEWS, key, checked.view("b", key))
    checked.publish(NOTE_VIEWS, "f", checked.view("f"))
    checked.work()
    report = checked.verify()
    assert report["skipped"] == {"conflicting": 1, "scattered": 1}
    assert report["tables"]["touches"]["found"] == 1
    told = checked.zhongcao("verify", "--config", str(checked.workers.config)).stdout
    assert "1 users are left out: they have an event that was published with two contents." in told


def test_topics_that_do_not_hold_everything_any_more(checked: Checked) -> None:
    """The days that can be checked are told, and those are checked."""
    for day in range(30):
        at = NOON + day * DAY_MS  # from 17 June on
        checked.publish(NOTE_VIEWS, "a", checked.view("a", at=at), at)
    checked.work()
    number = partition_of(b"a", 2)
    cut(checked.settings, number, 5)
    report = checked.verify()
    # 22 June on is held; an event may lie 24 h after its timestamp, and paths reach back for 7 days.
    assert report["since"] == "2025-07-01"
    assert report["tables"]["journeys"]["found"] == 30 - 14
    told = checked.zhongcao.fails(
        *("verify", "--since", "2025-06-30", "--config", str(checked.workers.config)), code=2
    )
    assert "give --since 2025-07-01 or later" in told
    cut(checked.settings, number, -1)  # to its end
    told = checked.zhongcao.fails("verify", "--config", str(checked.workers.config))
    assert (
        f"holds nothing any more of what the group has committed of note-views, partition {number}"
        in told
    )


def cut(settings: Settings, number: int, before: int) -> None:
    """Have Kafka forget views before an offset, as after their retention."""
    with KafkaAdminClient(bootstrap_servers=settings.broker_hosts) as admin:
        admin.delete_records({TopicPartition(NOTE_VIEWS, number): before})


def test_what_can_go_wrong(checked: Checked) -> None:
    def fails(code: int, **environ: str) -> str:
        config = str(checked.workers.config)
        return checked.zhongcao.fails("verify", "--config", config, code=code, **environ)

    assert "forgets its messages" in fails(2, ZHONGCAO_BROKER="memory://")
    assert "Kafka at kafka://127.0.0.1:1" in fails(1, ZHONGCAO_BROKER="kafka://127.0.0.1:1")
    assert f"Group {checked.settings.group} has committed nothing" in fails(1)
    checked.publish(NOTE_VIEWS, "a", checked.view("a"))
    checked.work()
    away = fails(1, ZHONGCAO_CLICKHOUSE_PORT="1")
    assert "ClickHouse at 127.0.0.1:1 could not do the check" in away
