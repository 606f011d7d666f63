"""What an event is, once it is valid (docs/definitions.md §1.2)."""

from enum import IntEnum

from schemas.topics import LINK_CLICKS, NOTE_SAVES, NOTE_VIEWS, TAOBAO_PURCHASES


class Kind(IntEnum):
    """Kinds of events. Their numbers give the order of touches at equal times: view < save < click.

    The first four are the numbers of `touches.kind` in ClickHouse.
    """

    VIEW = 1
    SAVE = 2
    UNSAVE = 3
    CLICK = 4
    PAY = 5
    REFUND = 6


#: By number: looking one up takes a third of the time of making it.
KINDS = {int(kind): kind for kind in Kind}

#: What counts as a touch. An UNSAVE is a fact only.
TOUCHES = frozenset({Kind.VIEW, Kind.SAVE, Kind.CLICK})

#: The topic that each kind comes from.
TOPIC_OF = {
    Kind.VIEW: NOTE_VIEWS,
    Kind.SAVE: NOTE_SAVES,
    Kind.UNSAVE: NOTE_SAVES,
    Kind.CLICK: LINK_CLICKS,
    Kind.PAY: TAOBAO_PURCHASES,
    Kind.REFUND: TAOBAO_PURCHASES,
}
