"""Valid events of one topic, in the columns that the rest of the pipeline works on.

Beside the fields of the topic's contract and `row`, every frame has
    published_at: its Kafka timestamp (Int64, ms), kind: number of `Kind` (Int8).
The contract's own `kind` and `action` become the number. Order lines have their platform.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.topics import LINK_CLICKS, NOTE_SAVES, NOTE_VIEWS, TAOBAO_PURCHASES
from streams.kinds import Kind

#: Where the order lines of `taobao-purchases` come from.
TAOBAO = "TAOBAO"

_ACTIONS = {"SAVE": Kind.SAVE, "UNSAVE": Kind.UNSAVE}
_ORDER_KINDS = {"PAY": Kind.PAY, "REFUND": Kind.REFUND}


def _numbered(name: str, kinds: dict[str, Kind]) -> pl.Expr:
    numbers = {symbol: int(kind) for symbol, kind in kinds.items()}
    return pl.col(name).replace_strict(numbers, return_dtype=pl.Int8)


#: The kind of all events of a topic, or what tells it of each.
_KIND: dict[str, Kind | pl.Expr] = {
    NOTE_VIEWS: Kind.VIEW,
    NOTE_SAVES: _numbered("action", _ACTIONS),
    LINK_CLICKS: Kind.CLICK,
    TAOBAO_PURCHASES: _numbered("kind", _ORDER_KINDS),
}


def to_events(topic: str, valid: pl.DataFrame, timestamps: NDArray[np.int64]) -> pl.DataFrame:
    """The valid records of a batch as events.

    timestamps: of the whole batch, ms.
    """
    published = pl.Series("published_at", timestamps[valid["row"].to_numpy()], dtype=pl.Int64)
    kind = _KIND[topic]
    if isinstance(kind, Kind):
        return valid.hstack([published, pl.Series("kind", np.full(len(valid), kind, np.int8))])
    found = valid.with_columns(published, kind.alias("kind"))
    if topic == TAOBAO_PURCHASES:
        return found.with_columns(platform=pl.lit(TAOBAO))
    return found
