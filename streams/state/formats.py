"""The forms that keys and values have had, and the way from each to the next.

A state tells its format in its meta, a change of the changelog in its header. What a former version wrote is brought to
today's form where a state is opened and where a change is read; what a later one wrote is refused.

    1    buckets of 10 days. The first values of all do not tell whether they came in time, but for order lines, which
         tell it in their JSON.
    2    buckets of 30 days
    3    crowded buckets, and counts of events. A former version would not count what it adds. Values begin with the
         source offset and with 1 or 0, and order lines have no platform in their keys.
    4    as `streams.state.keys` has it

Whoever changes a form raises FORMAT, and adds the way from the one before and files of it to tests/streams/former.
"""

from collections.abc import Callable

import polars as pl

from streams.timeunits import DAY_MS

FORMAT = 4
#: Of changes that do not tell it: they are of 1 or of 2, and one changelog may hold both.
UNMARKED = 1

#: Takes entries (columns key and value, bytes) of events and actors of one format and the next, and returns as many in
#: the same order, all of the next. What has that form already stays as it is: see `streams.state.conversion`.
Converter = Callable[[pl.DataFrame], pl.DataFrame]


class UnknownFormat(Exception):
    """What a later version wrote, or none. found: what is said to be its format."""

    def __init__(self, found: object) -> None:
        super().__init__(f"format {found}, but this version reads formats 1 to {FORMAT}")
        self.found = found


def known(found: object) -> int:
    """A format that this version reads. Raises: UnknownFormat."""
    if type(found) is not int or not 1 <= found <= FORMAT:
        raise UnknownFormat(found)
    return found


def converted(entries: pl.DataFrame, former: int) -> pl.DataFrame:
    """Entries of a format that is known, as those of today. Raises what `to_next` raises."""
    for number in range(former, FORMAT):
        entries = to_next(entries, number)
    return entries


def to_next(entries: pl.DataFrame, former: int) -> pl.DataFrame:
    """Entries of a format, or of the next already, as those of the next.

    Raises: PolarsError or ValueError, if they are of neither.
    """
    new = TO_NEXT[former](entries)
    if any(new.null_count().row(0)):
        raise ValueError(f"an entry is not of format {former}")
    return new


def _to_2(entries: pl.DataFrame) -> pl.DataFrame:
    text, value = pl.col("key").cast(pl.String), pl.col("value").cast(pl.String)
    behind_user = _behind_counted(text, pl.lit(5))
    occurred_at = text.str.slice(_behind_counted(text, behind_user), 13).cast(pl.Int64)
    bucket = (occurred_at // (30 * DAY_MS)).cast(pl.String).str.zfill(4)
    new = entries.select(
        key=text.str.slice(0, 1) + bucket + text.str.slice(5),
        value=pl.when(value.str.contains(r"^(?:\d+ [01] |$)"))
        .then(value)
        .otherwise(_with_lateness(value)),
    )
    return new.cast(pl.Binary)


def _behind_counted(text: pl.Expr, at: pl.Expr) -> pl.Expr:
    """Where what follows the id that begins at a character, with its length of two digits, begins."""
    return at + 2 + text.str.slice(at, 2).cast(pl.Int64)


def _with_lateness(value: pl.Expr) -> pl.Expr:
    """The first values: an offset, and behind a space the item of a click or the fields of an order line.

    A click on an item whose id begins with "0 " or "1 " cannot be told from a later one; nobody has such ids.
    """
    offset, rest = value.str.extract(r"^(\d+)"), value.str.extract(r"(?s)^\d+ ?(.*)$")
    late = rest.str.ends_with(',"too_late":true}')
    fields = rest.str.replace(r',"too_late":(?:true|false)\}$', "}")
    return offset + pl.when(late).then(pl.lit(" 1 ")).otherwise(pl.lit(" 0 ")) + fields


def _to_4(entries: pl.DataFrame) -> pl.DataFrame:
    text, value = pl.col("key").cast(pl.String), pl.col("value").cast(pl.String)
    # Those of events, which begin with a digit; later ones begin with a letter.
    former = text.str.starts_with("e") & value.str.contains(r"^\d+ [01] ")
    kind_at = _behind_counted(text, _behind_counted(text, pl.lit(5))) + 13
    order_line = former & text.str.slice(kind_at, 1).is_in(["5", "6"])
    in_time = pl.when(value.str.contains(r"^\d+ 0 ")).then(pl.lit("i-")).otherwise(pl.lit("l-"))
    new = entries.select(
        key=pl.when(order_line)
        .then(text.str.slice(0, kind_at + 1) + pl.lit("06TAOBAO") + text.str.slice(kind_at + 1))
        .otherwise(text),
        # What a view was like nobody knows any more.
        value=pl.when(former).then(in_time + value.str.replace(r"^\d+ [01] ", "")).otherwise(value),
    )
    return new.cast(pl.Binary)


#: The ways, by the format that each begins with.
TO_NEXT: dict[int, Converter] = {1: _to_2, 2: lambda entries: entries, 3: _to_4}
