"""`zhongcao forget` on a real broker: a person leaves everything and stays out, and nobody else notices."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cli.commands import Zhongcao
from group_of_workers import Workers
from held_users import files_naming, held_users
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient
from local_kafka import LocalKafka
from waiting import delete_topics

from schemas.codec import Codec
from schemas.errors import BrokerError
from schemas.registry import DirectoryRegistry
from schemas.topics import FORGET_REQUESTS, NOTE_VIEWS
from sinks.connection import ClickHouse
from sinks.erase import OF_USERS
from streams.cli.verify import EXIT_CODES
from streams.erasure.requests import Request
from streams.kafka import topics
from streams.kafka.forgetting import publish
from streams.partitioning import partition_of
from streams.settings import Settings
from verify.compare import Verdict

TIMEOUT_S = 240


@pytest.fixture(scope="module")
def kafka(own_kafka: LocalKafka) -> LocalKafka:
    """A broker of this file's own: what others publish would be others' rows."""
    return own_kafka


@pytest.fixture
def settings(settings: Settings) -> Settings:
    # So that the order of reading makes no difference.
    settings = replace(settings, allowed_lateness_days=365)
    topics.create(settings, replication=1)
    return settings


def rows(clickhouse: ClickHouse, person: str, of_person: bool) -> dict[str, list[Any]]:
    """Table → its rows that are, or are not, the person's."""
    owner = dict.fromkeys(OF_USERS, "user_id") | {"dead_letters": "ifNull(key, '')"}
    sign = "=" if of_person else "!="
    with clickhouse.client() as client:
        return {
            table: client.execute(
                f"SELECT * FROM current_{table} WHERE {owner[table]} {sign} %(person)s ORDER BY ALL",
                {"person": person},
            )
            for table in OF_USERS
        }


def busiest(clickhouse: ClickHouse) -> str:
    """The user with a conversion and the most touches."""
    with clickhouse.client() as client:
        [(person,)] = client.execute(
            "SELECT user_id FROM current_touches WHERE user_id IN (SELECT user_id FROM current_conversions)"
            " GROUP BY user_id ORDER BY count() DESC, user_id LIMIT 1"
        )
    return str(person)


def publish_junk(settings: Settings, *keys: str) -> None:
    view = {"note_id": "", "brand_id": "b", "occurred_at": 1_750_000_000_000}
    codec = Codec(DirectoryRegistry())
    with KafkaProducer(bootstrap_servers=settings.broker_hosts) as producer:
        for key in keys:
            invalid = view | {"user_id": key, "surface": "SEARCH", "promoted": False}
            for value in (b"junk", codec.encode(NOTE_VIEWS, invalid)):
                producer.send(NOTE_VIEWS, key=key.encode(), value=value)


def records(settings: Settings, partition: int) -> list[tuple[bytes, dict[str, str]]]:
    """Keys and values of the requests."""
    with KafkaConsumer(bootstrap_servers=settings.broker_hosts, group_id=None) as consumer:
        tp = TopicPartition(FORGET_REQUESTS, partition)
        consumer.assign([tp])
        consumer.seek_to_beginning(tp)
        end = consumer.end_offsets([tp])[tp]
        found = []
        while consumer.position(tp) < end:
            found += [r for rs in consumer.poll(1000).values() for r in rs]
    return [(record.key, json.loads(record.value)) for record in found]


def test_a_person_leaves_everything_and_stays_out(
    settings: Settings, fresh_database: ClickHouse, zhongcao: Zhongcao, tmp_path: Path
) -> None:
    zhongcao.ok("generate", "--events", "5000", "--seed", "5", "--output", "events.jsonl")

    def publish_events() -> None:
        zhongcao.ok("replay", "events.jsonl", "--format", "jsonl", "--config", str(workers.config))

    with Workers(settings, fresh_database, tmp_path) as workers:
        publish_events()
        workers.start("one", "two")
        workers.until(lambda: workers.lag() == 0, TIMEOUT_S)
        person = busiest(fresh_database)
        publish_junk(settings, person, "somebody else")
        workers.until(lambda: workers.lag() == 0, TIMEOUT_S)
        before = rows(fresh_database, person, of_person=False)
        assert all(found for table, found in before.items() if table != "clicks")
        of_person = rows(fresh_database, person, of_person=True)
        assert all(found for table, found in of_person.items() if table != "clicks")

        told = zhongcao.ok("forget", person, "--yes", "--config", str(workers.config))
        assert "The user is forgotten" in told
        assert person not in told
        assert not any(rows(fresh_database, person, of_person=True).values())
        assert rows(fresh_database, person, of_person=False) == before

        request = Request.of(person)
        partition = partition_of(person.encode(), settings.partitions)
        named = {"hash": request.hash, "user_id": person}
        assert records(settings, partition) == [
            (request.key, named),
            (request.key, {"hash": request.hash}),
        ]

        publish_events()
        publish_junk(settings, person)
        workers.until(lambda: workers.lag() == 0, TIMEOUT_S)
        verify = ("verify", "--config", str(workers.config))
        zhongcao.ok(*verify)
        # As a worker would that was paused meanwhile.
        with fresh_database.client() as client:
            client.execute(
                "INSERT INTO touches (kind, brand_id, note_id, user_id, occurred_at, too_late)"
                " SELECT kind, brand_id, note_id, %(person)s, occurred_at, too_late FROM touches LIMIT 1",
                {"person": person},
            )
        assert zhongcao(*verify).returncode == EXIT_CODES[Verdict.NOT_EQUAL]
        zhongcao.ok("forget", person, "--yes", "--config", str(workers.config))
        zhongcao.ok(*verify)
        workers.stop("one", "two")
        for name in ("one", "two"):
            folders = [*workers.data_dir(name).glob("**/state/0*")]
            assert folders
            held = set().union(*map(held_users, folders))
            assert person not in held
            assert len(held) > 10
            assert not [file for folder in folders for file in files_naming(folder, person)]
            assert person not in workers.log(name)
        assert not any(rows(fresh_database, person, of_person=True).values())
        assert rows(fresh_database, person, of_person=False) == before

    with fresh_database.client() as client:
        for table in OF_USERS:
            client.execute(f"TRUNCATE TABLE {table}")
    other = replace(settings, group=f"{settings.group}-again")
    topics.create(other, replication=1)
    shutil.rmtree(tmp_path / "one")
    with Workers(other, fresh_database, tmp_path) as workers:
        workers.start("one")
        workers.until(lambda: workers.lag() == 0, TIMEOUT_S)
        workers.stop("one")
    assert not any(rows(fresh_database, person, of_person=True).values())
    assert rows(fresh_database, person, of_person=False) == before


def config(settings: Settings, clickhouse: ClickHouse, folder: Path) -> str:
    return str(Workers(settings, clickhouse, folder).config)


def test_without_a_worker_the_request_stands(
    settings: Settings, fresh_database: ClickHouse, zhongcao: Zhongcao, tmp_path: Path
) -> None:
    file = config(settings, fresh_database, tmp_path)
    sentence = zhongcao.fails("forget", "u77", "--yes", "--wait", "1", "--config", file)
    assert f"No worker of the group {settings.group} runs" in sentence
    assert "The request stands" in sentence
    partition = partition_of(b"u77", settings.partitions)
    assert records(settings, partition)[-1][1]["user_id"] == "u77"

    with Workers(settings, fresh_database, tmp_path) as workers:
        workers.start("one")
        assert "The user is forgotten" in zhongcao.ok("forget", "u77", "--yes", "--config", file)
        workers.stop("one")
    assert "user_id" not in records(settings, partition)[-1][1]


def test_workers_that_do_not_come_to_it(
    settings: Settings, fresh_database: ClickHouse, zhongcao: Zhongcao, tmp_path: Path
) -> None:
    """A member of the group that commits nothing."""
    file = config(settings, fresh_database, tmp_path)
    with KafkaConsumer(
        FORGET_REQUESTS,
        bootstrap_servers=settings.broker_hosts,
        group_id=settings.group,
        enable_auto_commit=False,
    ) as consumer:
        while not consumer.assignment():
            consumer.poll(100)
        sentence = zhongcao.fails("forget", "u78", "--yes", "--wait", "2", "--config", file)
    assert (
        f"The workers of the group {settings.group} have not come to the request in 2 s" in sentence
    )


def test_a_clickhouse_that_is_not_ready_is_told_before_anything_is_asked(
    settings: Settings, empty_database: ClickHouse, zhongcao: Zhongcao, tmp_path: Path
) -> None:
    file = config(settings, empty_database, tmp_path)
    sentence = zhongcao.fails("forget", "u79", "--yes", "--config", file)
    assert "refused the count of the user's rows: code 81" in sentence
    partition = partition_of(b"u79", settings.partitions)
    assert Request.of("u79").key not in [key for key, _ in records(settings, partition)]


def test_a_topic_that_is_not_as_it_must_be(
    settings: Settings, fresh_database: ClickHouse, zhongcao: Zhongcao, tmp_path: Path
) -> None:
    other = replace(settings, partitions=8)
    sentence = zhongcao.fails(
        "forget", "u80", "--yes", "--config", config(other, fresh_database, tmp_path)
    )
    assert "The topic forget-requests has 4 partitions, but partitions is 8" in sentence
    with KafkaAdminClient(bootstrap_servers=settings.broker_hosts) as admin:
        delete_topics(admin, [FORGET_REQUESTS])
    sentence = zhongcao.fails(
        "forget", "u80", "--yes", "--config", config(settings, fresh_database, tmp_path)
    )
    assert "There is no topic forget-requests" in sentence
    assert "zhongcao topics create" in sentence


def test_a_broker_that_does_not_take_the_request(settings: Settings) -> None:
    with pytest.raises(BrokerError, match="did not take the request to forget a user"):
        publish(settings, 0, Request.of("u" * (2 << 20)))
