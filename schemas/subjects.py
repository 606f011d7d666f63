"""Subjects: under which names a registry has the schemas of a topic's values.

Confluent's serializers have three strategies, of which the producer of a topic chooses one, and registries may keep
subjects in contexts:
https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#subject-name-strategy
"""

import re
from enum import StrEnum

_IN_CONTEXT = re.compile(r":\.[^:]*:(?P<subject>.*)", re.DOTALL)


class Strategy(StrEnum):
    """How a subject is named."""

    TOPIC = "topic"  #: TopicNameStrategy, the default of serializers: note-views-value
    RECORD = "record"  #: RecordNameStrategy: zhongcao.NoteViewed
    TOPIC_RECORD = "topic-record"  #: TopicRecordNameStrategy: note-views-zhongcao.NoteViewed

    def subject(self, topic: str, record: str) -> str:
        """The subject of a topic's values. record: the full name of their schema."""
        match self:
            case Strategy.TOPIC:
                return f"{topic}-value"
            case Strategy.RECORD:
                return record
            case Strategy.TOPIC_RECORD:
                return f"{topic}-{record}"


def subjects_of(topic: str, record: str) -> list[str]:
    """All subjects that a topic's values of a schema may have, the most usual first."""
    return [strategy.subject(topic, record) for strategy in Strategy]


def without_context(subject: str) -> str:
    """A subject as it is called inside its context: `:.shop:note-views-value` is note-views-value in `.shop`."""
    found = _IN_CONTEXT.fullmatch(subject)
    return found["subject"] if found else subject
