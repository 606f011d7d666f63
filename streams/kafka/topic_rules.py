"""What the topics must be like so that nothing is lost on its way, as rules over topics that Kafka has described."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from schemas.topics import DEAD_LETTERS, FORGET_REQUESTS, SOURCE_TOPICS
from streams.settings import Settings
from streams.state.keys import BUCKET_MS
from streams.timeunits import DAY_MS
from streams.transport.expansion import MESSAGE_BYTES

#: How long the sources are kept unless said otherwise, in days.
SOURCE_DAYS = 7
#: A worker that stops in the evening must find in the morning what it has not read.
LEAST_SOURCE_MS = DAY_MS
#: One that stops on a Friday should find it on Monday.
GOOD_SOURCE_MS = 3 * DAY_MS
DEAD_LETTERS_MS = 30 * DAY_MS
#: The changelog outlives the state, which drops whole buckets, by that much: event time may stand still while the
#: topic's clock goes on.
CHANGELOG_SPARE_MS = 7 * DAY_MS
#: What a round adds to the state is one message.
CHANGELOG_MESSAGE_BYTES = 16 * 2**20
#: A dead letter is the message as it came, and headers that tell why it could not be used.
DEAD_LETTER_HEADERS_BYTES = 2**16
#: A request to forget somebody names the user until a later record of the same key has replaced it.
REQUESTS_COMPACTED_MS = DAY_MS
GOOD_COMPACTED_MS = 7 * DAY_MS
#: How far ahead of the brokers' clock the timestamp of a record may be: Kafka 4's own default, and the most. Further
#: ahead no event is taken anyway.
AHEAD_MS = DAY_MS // 24
MOST_AHEAD_MS = DAY_MS
#: What bounds it, in brokers since Kafka 3.6 and before; the latter bounds what lies behind, too.
AHEAD, BEHIND = "message.timestamp.after.max.ms", "message.timestamp.before.max.ms"
APART = "message.timestamp.difference.max.ms"
FOREVER = "-1"
#: What Kafka does where a broker of another make does not tell.
KAFKAS_DEFAULTS = {
    "cleanup.policy": "delete",
    "max.compaction.lag.ms": "9223372036854775807",
    "max.message.bytes": "1048588",
    "min.insync.replicas": "1",
    "message.timestamp.type": "CreateTime",
    "retention.bytes": FOREVER,
    "retention.ms": str(7 * DAY_MS),
    "unclean.leader.election.enable": "false",
}


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as Kafka describes it.

    copies: of the partition that has the fewest.
    config: its settings in effect, by Kafka's names; empty where Kafka does not show them to us.
    """

    name: str
    partitions: int
    copies: int
    config: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        """One of the settings."""
        return self.config.get(name, KAFKAS_DEFAULTS[name])


class Finding(NamedTuple):
    """Something about a topic that is not as it should be, and what to do about it.

    refused: no worker may run with it; otherwise it is worth a warning.
    """

    sentence: str
    refused: bool = True


def topics_of(settings: Settings) -> tuple[str, ...]:
    """Every topic that a worker of these settings reads or writes."""
    return (*SOURCE_TOPICS, FORGET_REQUESTS, DEAD_LETTERS, settings.changelog_topic)


def configs_to_create(
    settings: Settings, copies: int, source_days: int = SOURCE_DAYS
) -> dict[str, dict[str, str]]:
    """Topic → its settings when we create it, by Kafka's names."""
    common = {"cleanup.policy": "delete"}
    if copies >= 3:
        common["min.insync.replicas"] = "2"
    large = {"max.message.bytes": str(CHANGELOG_MESSAGE_BYTES)}
    source = common | {
        "retention.ms": str(source_days * DAY_MS),
        AHEAD: str(AHEAD_MS),
        # What is older would be taken, and dropped before anybody has read it.
        BEHIND: str(source_days * DAY_MS),
    }
    return {
        **dict.fromkeys(SOURCE_TOPICS, source),
        FORGET_REQUESTS: common
        | {
            "cleanup.policy": "compact",
            "max.compaction.lag.ms": str(REQUESTS_COMPACTED_MS),
            "retention.ms": FOREVER,
            "retention.bytes": FOREVER,
        },
        DEAD_LETTERS: common
        | large
        | {"retention.ms": str(DEAD_LETTERS_MS), "message.timestamp.type": "LogAppendTime"},
        settings.changelog_topic: common
        | large
        | {
            "retention.ms": str(settings.retention_ms + BUCKET_MS + CHANGELOG_SPARE_MS),
            "retention.bytes": FOREVER,
            "compression.type": "producer",
            # By the brokers' clocks: records of a worker whose clock is wrong must not expire at once.
            "message.timestamp.type": "LogAppendTime",
        },
    }


def for_old_brokers(config: Mapping[str, str]) -> dict[str, str]:
    """The same for brokers before Kafka 3.6."""
    kept = {name: value for name, value in config.items() if name not in (AHEAD, BEHIND)}
    return kept | {APART: str(MOST_AHEAD_MS)} if AHEAD in config else kept


def findings(
    settings: Settings,
    topics: Mapping[str, Topic],
    brokers: int,
    wanted: Iterable[str] | None = None,
) -> Iterator[Finding]:
    """All that is wrong with the topics.

    topics: those that exist, by name; others are not looked at. brokers: how many the cluster has.
    wanted: the topics to look at; all of them, when None.
    """
    for name in topics_of(settings) if wanted is None else wanted:
        if name not in topics:
            yield Finding(
                f"There is no topic {name} at {settings.broker}: create it with `zhongcao topics create`."
            )
            continue
        topic = topics[name]
        yield from _partitions(topic, settings)
        if not topic.config:
            yield Finding(
                f"Kafka does not show us the settings of the topic {name}: allow our user to DESCRIBE_CONFIGS, or "
                "compare them with docs/kafka.md yourself.",
                refused=False,
            )
            continue
        yield from _durability(topic, brokers)
        if name == DEAD_LETTERS:
            yield from _dead_letters(topic)
        elif name == FORGET_REQUESTS:
            yield from _requests(topic)
        elif name == settings.changelog_topic:
            yield from _changelog(topic, settings)
        else:
            yield from _source(topic)


def _partitions(topic: Topic, settings: Settings) -> Iterator[Finding]:
    if topic.name != DEAD_LETTERS and topic.partitions != settings.partitions:
        yield Finding(wrong_partitions(topic.name, topic.partitions, settings.partitions))


def wrong_partitions(topic: str, found: int, wanted: int) -> str:
    """What is said of a topic that has another number of partitions than the setting."""
    return (
        f"The topic {topic} has {found} partitions, but partitions is {wanted}: "
        "all but dead-letters need the same number. Set partitions to it, or change all of them as "
        'docs/upgrading.md says under "Another number of partitions".'
    )


def _source(topic: Topic) -> Iterator[Finding]:
    yield from _not_compacted(topic, "of the events of a user only the newest would stay")
    why = "a worker that is down for longer loses what it has not read"
    yield from _kept(topic, LEAST_SOURCE_MS, why) or _kept(
        topic, GOOD_SOURCE_MS, why, refused=False
    )
    yield from _not_cut(topic, why, refused=False)
    yield from _not_ahead(topic)


def _not_ahead(topic: Topic) -> Iterator[Finding]:
    """A broker of another make may tell of no bound."""
    bounds = {name: int(topic.config[name]) for name in (AHEAD, APART) if name in topic.config}
    if topic["message.timestamp.type"] == "LogAppendTime" or not bounds:
        return
    if min(bounds.values()) > MOST_AHEAD_MS:
        name, good = (AHEAD, AHEAD_MS) if AHEAD in bounds else (APART, MOST_AHEAD_MS)
        yield Finding(
            f"The topic {topic.name} takes records that are dated more than 24 h ahead ({name}={bounds[name]}), so one "
            f"producer's wrong clock can decide for others: set {name}={good} on it, or message.timestamp.type="
            "LogAppendTime."
        )


def _by_brokers_clock(topic: Topic, why: str) -> Iterator[Finding]:
    if topic["message.timestamp.type"] != "LogAppendTime":
        yield Finding(
            f"The topic {topic.name} takes the times of its records from the workers' clocks: where one is wrong, "
            f"{why}. Set message.timestamp.type=LogAppendTime on it.",
            refused=False,
        )


def _dead_letters(topic: Topic) -> Iterator[Finding]:
    yield from _not_compacted(topic, "Kafka would refuse messages without a key")
    least = MESSAGE_BYTES + DEAD_LETTER_HEADERS_BYTES
    yield from _takes(topic, least, "would cut it", refused=False)
    yield from _by_brokers_clock(topic, "brokers may refuse them, or drop them too early")


def _requests(topic: Topic) -> Iterator[Finding]:
    policy = topic["cleanup.policy"]
    if policy != "compact":
        yield Finding(
            f"The topic {topic.name} must be compacted and no more (cleanup.policy={policy}): else who was forgotten "
            "stays in it by name, or comes back when events are replayed. Set cleanup.policy=compact on it."
        )
    elif int(topic["max.compaction.lag.ms"]) > GOOD_COMPACTED_MS:
        yield Finding(
            f"The topic {topic.name} may hold the ids of forgotten users for long, as nothing says when Kafka must "
            f"compact it: set max.compaction.lag.ms={REQUESTS_COMPACTED_MS} on it.",
            refused=False,
        )


def _changelog(topic: Topic, settings: Settings) -> Iterator[Finding]:
    why = "a state that is restored from it would lack events"
    yield from _not_compacted(topic, why)
    crowds = (
        "a state that is restored from it would have counted a part of what makes a user crowded"
    )
    yield from _kept(topic, settings.retention_ms, why) or _kept(
        topic, settings.retention_ms + BUCKET_MS, crowds, refused=False
    )
    yield from _not_cut(topic, why)
    yield from _takes(topic, CHANGELOG_MESSAGE_BYTES, "would stop there")
    yield from _by_brokers_clock(topic, "records expire too early")


def _not_compacted(topic: Topic, why: str) -> Iterator[Finding]:
    policy = topic["cleanup.policy"]
    if "compact" in policy.split(","):
        yield Finding(
            f"The topic {topic.name} is compacted (cleanup.policy={policy}): {why}. Set cleanup.policy=delete on it."
        )


def _kept(topic: Topic, least_ms: int, why: str, refused: bool = True) -> list[Finding]:
    kept = int(topic["retention.ms"])
    if str(kept) == FOREVER or kept >= least_ms:
        return []
    return [
        Finding(
            f"The topic {topic.name} keeps its records for {kept / DAY_MS:.3g} days (retention.ms={kept}), which is "
            f"less than {least_ms / DAY_MS:.3g}: {why}. Set retention.ms={least_ms} on it, or more.",
            refused,
        )
    ]


def _not_cut(topic: Topic, why: str, refused: bool = True) -> Iterator[Finding]:
    size = topic["retention.bytes"]
    if size != FOREVER:
        yield Finding(
            f"The topic {topic.name} drops records before their time when a partition is larger than {size} bytes "
            f"(retention.bytes): {why}. Set retention.bytes=-1 on it.",
            refused,
        )


def _takes(topic: Topic, least: int, what: str, refused: bool = True) -> Iterator[Finding]:
    size = int(topic["max.message.bytes"])
    if size < least:
        yield Finding(
            f"The topic {topic.name} takes messages of {size} bytes at most (max.message.bytes), but a worker may "
            f"have to write one of {least}, and {what}. Set max.message.bytes={least} on it, or more.",
            refused,
        )


def _durability(topic: Topic, brokers: int) -> Iterator[Finding]:
    if topic["unclean.leader.election.enable"] == "true":
        yield Finding(
            f"The topic {topic.name} may lose records that were acknowledged when a broker fails: set "
            "unclean.leader.election.enable=false on it.",
            refused=False,
        )
    if topic.copies >= 3 and int(topic["min.insync.replicas"]) < 2:
        yield Finding(
            f"The topic {topic.name} acknowledges records that are on one broker only: set "
            "min.insync.replicas=2 on it.",
            refused=False,
        )
    if topic.copies == 1 and brokers > 1:
        yield Finding(
            f"The topic {topic.name} has one copy on {brokers} brokers: with the one that holds a partition its "
            "records are gone. Reassign it with three.",
            refused=False,
        )
