"""What topics must be like, rule by rule: a description in, sentences out."""

from dataclasses import replace

import pytest

from schemas.topics import DEAD_LETTERS, FORGET_REQUESTS, NOTE_VIEWS
from streams.kafka.topic_rules import Topic, configs_to_create, findings, topics_of
from streams.settings import Settings
from streams.timeunits import DAY_MS

SETTINGS = Settings(group="g", partitions=4)
CHANGELOG = "g-state-changelog"


def created(copies: int = 3) -> dict[str, Topic]:
    """The topics as we create them."""
    configs = configs_to_create(SETTINGS, copies)
    return {name: Topic(name, 4, copies, config) for name, config in configs.items()}


def told(topics: dict[str, Topic], brokers: int = 3) -> list[tuple[bool, str]]:
    return [(finding.refused, finding.sentence) for finding in findings(SETTINGS, topics, brokers)]


def altered(name: str, **config: str) -> dict[str, Topic]:
    """The topics as we create them, but for one; underscores are dots."""
    topics = created()
    topics[name] = replace(
        topics[name],
        config={**topics[name].config, **{k.replace("_", "."): v for k, v in config.items()}},
    )
    return topics


@pytest.mark.parametrize("copies", [1, 2, 3])
def test_what_we_create_is_good(copies: int) -> None:
    assert told(created(copies), brokers=copies) == []


def test_the_changelog_outlives_the_state() -> None:
    config = configs_to_create(SETTINGS, 3)[CHANGELOG]
    assert int(config["retention.ms"]) == SETTINGS.retention_ms + 37 * DAY_MS
    assert config["min.insync.replicas"] == "2"
    assert "min.insync.replicas" not in configs_to_create(SETTINGS, 2)[CHANGELOG]


def test_everything_that_is_missing_is_told() -> None:
    sentences = [sentence for _, sentence in told({})]
    assert len(sentences) == 7
    for name, sentence in zip(topics_of(SETTINGS), sentences, strict=True):
        assert f"There is no topic {name} at {SETTINGS.broker}: create it with" in sentence


@pytest.mark.parametrize("name", [NOTE_VIEWS, FORGET_REQUESTS, CHANGELOG])
def test_the_number_of_partitions(name: str) -> None:
    topics = created() | {name: replace(created()[name], partitions=5)}
    [(refused, sentence)] = told(topics)
    assert refused
    assert f"{name} has 5 partitions, but partitions is 4" in sentence
    assert told(created() | {DEAD_LETTERS: replace(created()[DEAD_LETTERS], partitions=1)}) == []


HOUR, DAY, THREE_DAYS = "3600000", str(DAY_MS), str(3 * DAY_MS)
AFTER, AHEAD = "message.timestamp.after.max.ms", str(DAY_MS + 1)
WEEK_AND_MORE = str(7 * DAY_MS + 1)
UNBOUNDED = {"message_timestamp_after_max_ms": str(2**63 - 1)}
STATE = SETTINGS.retention_ms
WHOLE_BUCKETS = str(STATE + 30 * DAY_MS)


@pytest.mark.parametrize(
    ("name", "config", "message"),
    [
        (NOTE_VIEWS, {"cleanup_policy": "compact"}, "only the newest would stay. Set cleanup.pol"),
        (NOTE_VIEWS, {"cleanup_policy": "compact,delete"}, "(cleanup.policy=compact,delete)"),
        (NOTE_VIEWS, {"retention_ms": HOUR}, "0.0417 days (retention.ms=3600000), which is less"),
        (NOTE_VIEWS, {"retention_ms": str(DAY_MS - 1)}, f"Set retention.ms={DAY} on it"),
        (DEAD_LETTERS, {"cleanup_policy": "compact"}, "refuse messages without a key"),
        (FORGET_REQUESTS, {"cleanup_policy": "delete"}, "must be compacted and no more"),
        (FORGET_REQUESTS, {"cleanup_policy": "compact,delete"}, "Set cleanup.policy=compact on it"),
        (CHANGELOG, {"cleanup_policy": "compact"}, "would lack events"),
        (CHANGELOG, {"retention_ms": str(STATE - 1)}, f"Set retention.ms={STATE} on it, or more"),
        (CHANGELOG, {"retention_bytes": "1"}, "larger than 1 bytes (retention.bytes)"),
        (CHANGELOG, {"max_message_bytes": "1048588"}, "Set max.message.bytes=16777216 on it"),
        (NOTE_VIEWS, {"message_timestamp_after_max_ms": AHEAD}, f"{AFTER}=3600000 on it, or mes"),
        (NOTE_VIEWS, {"message_timestamp_after_max_ms": str(2**63 - 1)}, "can decide for others"),
    ],
)
def test_what_loses_data_is_refused(name: str, config: dict[str, str], message: str) -> None:
    [(refused, sentence)] = told(altered(name, **config))
    assert refused
    assert sentence.startswith(f"The topic {name} ")
    assert message in sentence


@pytest.mark.parametrize(
    ("name", "config", "message"),
    [
        (NOTE_VIEWS, {"retention_ms": DAY}, f"Set retention.ms={THREE_DAYS} on it, or more"),
        (NOTE_VIEWS, {"retention_bytes": "1000"}, "Set retention.bytes=-1 on it"),
        (DEAD_LETTERS, {"max_message_bytes": "1048588"}, "Set max.message.bytes=1114112 on it"),
        (FORGET_REQUESTS, {"max_compaction_lag_ms": WEEK_AND_MORE}, "hold the ids of forgotten"),
        (NOTE_VIEWS, {"min_insync_replicas": "1"}, "set min.insync.replicas=2 on it"),
        (
            CHANGELOG,
            {"retention_ms": str(STATE)},
            f"user crowded. Set retention.ms={WHOLE_BUCKETS} on",
        ),
        (CHANGELOG, {"unclean_leader_election_enable": "true"}, "when a broker fails"),
        (CHANGELOG, {"message_timestamp_type": "CreateTime"}, "records expire too early. Set mes"),
        (DEAD_LETTERS, {"message_timestamp_type": "CreateTime"}, "brokers may refuse them, or dr"),
    ],
)
def test_what_is_unwise_is_worth_a_warning(name: str, config: dict[str, str], message: str) -> None:
    [(refused, sentence)] = told(altered(name, **config))
    assert not refused
    assert message in sentence


@pytest.mark.parametrize(
    ("name", "config"),
    [
        (NOTE_VIEWS, {"retention_ms": THREE_DAYS}),
        (NOTE_VIEWS, {"retention_ms": "-1"}),
        (NOTE_VIEWS, {"message_timestamp_type": "LogAppendTime"}),
        (NOTE_VIEWS, {"message_timestamp_type": "LogAppendTime", **UNBOUNDED}),
        (NOTE_VIEWS, {"message_timestamp_after_max_ms": DAY}),
        (NOTE_VIEWS, {**UNBOUNDED, "message_timestamp_difference_max_ms": DAY}),
        (FORGET_REQUESTS, {"max_compaction_lag_ms": str(7 * DAY_MS)}),
        (CHANGELOG, {"retention_ms": WHOLE_BUCKETS}),
        (CHANGELOG, {"retention_ms": "-1"}),
    ],
)
def test_what_is_good_enough(name: str, config: dict[str, str]) -> None:
    assert told(altered(name, **config)) == []


def test_one_copy_is_a_risk_where_there_could_be_more() -> None:
    sentences = [sentence for refused, sentence in told(created(1), brokers=3) if not refused]
    assert len(sentences) == 7
    assert "has one copy on 3 brokers" in sentences[0]


def test_some_of_the_topics_can_be_looked_at_alone() -> None:
    found = list(findings(SETTINGS, {}, 3, [FORGET_REQUESTS]))
    assert ["There is no topic forget-requests" in finding.sentence for finding in found] == [True]


def test_settings_that_kafka_does_not_show_are_not_guessed() -> None:
    topics = created() | {NOTE_VIEWS: Topic(NOTE_VIEWS, 4, 3, {})}
    [(refused, sentence)] = told(topics)
    assert not refused
    assert "allow our user to DESCRIBE_CONFIGS" in sentence


def test_a_broker_that_shows_some_only() -> None:
    shown = {"cleanup.policy": "delete"}
    assert told(created() | {NOTE_VIEWS: Topic(NOTE_VIEWS, 4, 1, shown)}, brokers=1) == []
