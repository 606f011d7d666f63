"""The Kafka topics, and what one message is before and after it is published."""

from dataclasses import dataclass
from typing import Any

NOTE_VIEWS = "note-views"
NOTE_SAVES = "note-saves"
LINK_CLICKS = "link-clicks"
TAOBAO_PURCHASES = "taobao-purchases"

#: The four topics that are joined. All are keyed by user_id and have the same partition count.
SOURCE_TOPICS = (NOTE_VIEWS, NOTE_SAVES, LINK_CLICKS, TAOBAO_PURCHASES)

#: Where messages go that cannot be used, with the reason.
DEAD_LETTERS = "dead-letters"

#: Who is to be forgotten, and the hashes of those who were. It has the partitions of the sources, and the request of a
#: user lies where the events of the user do.
FORGET_REQUESTS = "forget-requests"

#: What a symbol becomes that is newer than the contract. As a surface or a placement it is good; as what moves money or
#: saves a note, it would be a guess.
OTHER = "OTHER"
NOT_OTHER = ("kind", "action")


@dataclass(frozen=True, slots=True)
class SourceEvent:
    """One event on its way to Kafka.

    topic: one of SOURCE_TOPICS.
    record: the fields of the topic's Avro contract.
    timestamp: Kafka timestamp in ms since the Unix epoch, UTC; None means the time of publishing.
    """

    topic: str
    record: dict[str, Any]
    timestamp: int | None = None
