"""A replay into Kafka that does not come to its end: what was read is published, and the user is told what is there."""

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from cli.patched import start
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from local_kafka import LocalKafka

from schemas.errors import SourceError
from schemas.topics import NOTE_VIEWS, SourceEvent
from streams.kafka import publish, topics
from streams.settings import Settings

EVENTS = 900
RECORD = {
    "note_id": "n",
    "brand_id": "b",
    "occurred_at": 1_750_000_000_000,
    "surface": "SEARCH",
    "promoted": False,
}
LINGER_MS = 60_000
SOON_S = 14
SAFE = "Publishing the same events again is safe: what is known changes nothing."

#: What does not fill a batch waits in the process; it says when it has read all that was written.
LINGERS = f"""
from streams.kafka import publish
made = publish.KafkaProducer
publish.KafkaProducer = lambda **options: made(**options | {{"linger_ms": {LINGER_MS}}})
send = publish._Sending.send
def counting(self, *args):
    send(self, *args)
    if self.sent == {EVENTS}:
        print("here", flush=True)
publish._Sending.send = counting
"""


@pytest.fixture(scope="module")
def kafka(own_kafka: LocalKafka) -> LocalKafka:
    """A broker of this file's own: it is killed."""
    return own_kafka


@pytest.fixture
def replay(settings: Settings, tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """`zhongcao replay -` that has read some events and waits for more."""
    topics.create(settings, replication=1)
    (tmp_path / "settings.toml").write_text(f'broker = "{settings.broker}"\npartitions = 4\n')
    command = ("replay", "-", "--format", "jsonl", "--config", "settings.toml")
    process = start(tmp_path, LINGERS, *command)
    assert process.stdin
    assert process.stdout
    lines = [{"topic": NOTE_VIEWS, "user_id": f"u{n}", **RECORD} for n in range(EVENTS)]
    process.stdin.writelines(f"{json.dumps(line)}\n" for line in lines)
    process.stdin.flush()
    assert process.stdout.readline() == "here\n"
    yield process
    process.kill()
    process.communicate()


def held(settings: Settings) -> int:
    """How many views Kafka has."""
    with KafkaConsumer(bootstrap_servers=settings.broker_hosts) as consumer:
        tps = [TopicPartition(NOTE_VIEWS, number) for number in range(settings.partitions)]
        return sum(consumer.end_offsets(tps).values())


def told(process: "subprocess.Popen[str]") -> str:
    """The one sentence of a command that has ended."""
    assert process.stderr
    stderr = process.stderr.read()
    assert "Traceback" not in stderr
    [sentence] = [line for line in stderr.splitlines() if line.startswith("error: ")]
    return sentence


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal(
    settings: Settings, replay: "subprocess.Popen[str]", number: signal.Signals, code: int
) -> None:
    before = held(settings)
    replay.send_signal(number)
    assert replay.wait(SOON_S) == code
    assert told(replay) == (
        f"error: Interrupted: Kafka has acknowledged {EVENTS} events; the rest of the input was not "
        f"sent. {SAFE}"
    )
    assert held(settings) == before + EVENTS


def test_an_input_that_cannot_be_read_on(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    topics.create(settings, replication=1)
    monkeypatch.setattr(publish, "KafkaProducer", partial(KafkaProducer, linger_ms=LINGER_MS))

    def events() -> Iterator[SourceEvent]:
        for number in range(EVENTS):
            yield SourceEvent(NOTE_VIEWS, {"user_id": f"u{number}", **RECORD})
        raise SourceError("it ends too early")

    before = held(settings)
    with pytest.raises(SourceError):
        publish.publish(settings, events(), lambda count: None)
    assert held(settings) == before + EVENTS


def test_a_signal_while_kafka_is_away(kafka: LocalKafka, replay: "subprocess.Popen[str]") -> None:
    kafka.kill()
    try:
        replay.send_signal(signal.SIGTERM)
        assert replay.wait(SOON_S) == 143
    finally:
        kafka.start()
    found = re.fullmatch(
        r"error: Interrupted: Kafka has acknowledged (\d+) events, and may have taken some of (\d+) more; the rest of "
        f"the input was not sent. {SAFE}",
        told(replay),
    )
    assert found
    acknowledged, unknown = map(int, found.groups())
    assert acknowledged + unknown == EVENTS
    assert unknown > 0
