"""What is known of one user and one brand: the input of the join."""

from collections.abc import Sequence
from typing import NamedTuple

from streams.kinds import Kind

#: A platform, and the id that it gave a sub-order.
SubOrder = tuple[str, str]


class Touch(NamedTuple):
    """A view, a SAVE or a click. Times in ms since the Unix epoch.

    The order of touches is that of the tuples: time, then view < save < click, then note, then click.

    click_id, item_id: empty unless it is a click. promoted, surface: of a view; else false and empty.
    """

    occurred_at: int
    kind: Kind
    note_id: str
    click_id: str
    item_id: str
    promoted: bool = False
    surface: str = ""


#: The time (ms), kind and note of a touch.
Step = tuple[int, Kind, str]


class Payment(NamedTuple):
    """A PAY of a sub-order."""

    occurred_at: int
    platform: str
    sub_order_id: str
    txn_id: str
    order_id: str
    shop_id: str
    item_id: str
    quantity: int
    click_id: str | None

    @property
    def order(self) -> tuple[int, str]:
        """Payments go by time, at equal times by transaction."""
        return self.occurred_at, self.txn_id

    @property
    def sub_order(self) -> SubOrder:
        """What was paid."""
        return self.platform, self.sub_order_id


class Trigger(NamedTuple):
    """An event that came with a batch and may change rows.

    note_id: of a touch. sub_order: of a PAY.
    """

    occurred_at: int
    kind: Kind
    note_id: str = ""
    sub_order: SubOrder = ("", "")


class History(NamedTuple):
    """Touches and payments of one user and brand, each in its order.

    steps: what journeys need of the touches, those of each note in their order.
    touches: none where nothing was paid, as no path is made without a payment.
    """

    steps: Sequence[Step]
    touches: Sequence[Touch]
    payments: Sequence[Payment]
