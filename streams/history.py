"""What is known of one user and one brand: the input of the join."""

from collections.abc import Sequence
from typing import NamedTuple

from streams.kinds import Kind


class Touch(NamedTuple):
    """A view, a SAVE or a click. Times in ms since the Unix epoch.

    The order of touches is that of the tuples: time, then view < save < click, then note, then click.

    click_id, item_id: empty unless it is a click.
    offset: of its record in its topic.
    """

    occurred_at: int
    kind: Kind
    note_id: str
    click_id: str
    item_id: str
    offset: int


class Payment(NamedTuple):
    """A PAY of a sub-order.

    too_late: it was too late when it arrived, so it belongs to no journey.
    """

    occurred_at: int
    sub_order_id: str
    txn_id: str
    order_id: str
    shop_id: str
    item_id: str
    quantity: int
    click_id: str | None
    too_late: bool
    offset: int

    @property
    def order(self) -> tuple[int, bool, str]:
        """Payments go by time; at equal times those in time first, then by transaction."""
        return self.occurred_at, self.too_late, self.txn_id


class Trigger(NamedTuple):
    """An event that came with a batch and may change rows.

    note_id: of a touch. sub_order_id: of a PAY.
    """

    occurred_at: int
    kind: Kind
    note_id: str = ""
    sub_order_id: str = ""


class History(NamedTuple):
    """Touches and payments of one user and brand, each in its order."""

    touches: Sequence[Touch]
    payments: Sequence[Payment]
