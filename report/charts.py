"""Charts as inline SVG.

They are as wide as the page lets them: places across are in percent, those down and the sizes of letters in px, so
that text stays as large on a phone as on a desk. Colours and letters are those of page.css.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from report.amounts import percent
from report.figures import EntryDay
from report.texts import LANGUAGES, TEXTS, plain

_BAR_ROW_PX: Final = 64
_CURVE_PX: Final = 200
#: Ticks below an axis, at most.
_TICKS: Final = 6
#: Labels are as far from each other, across (share of the width) or down (px).
_APART: Final = (0.36, 26)
#: Labels are below and to the right of their dots, if these are left of it (percent of the width), and then not so low
#: (share) that they would stand on the axis.
_RIGHT_BELOW: Final = 60
_LOWEST_MARK: Final = 0.12


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar with what stands at it.

    label, note: keys of texts; note_values: what fills the note in.
    figure: the number, beside strong: the one that counts. share: of the full width, 0 to 1.
    open_share: how much of the bar is not final, 0 to 1.
    """

    label: str
    strong: str
    figure: str
    share: float
    kind: str
    note: str = ""
    note_value: str = ""
    open_share: float = 0


def bars(title: str, rows: Sequence[Bar]) -> Markup:
    """Bars below each other, each with its label and figures above it and its note below."""
    told = "; ".join(f"{plain(row.label)}: {row.strong} {row.figure}" for row in rows)
    drawn = [_bar(row, number * _BAR_ROW_PX) for number, row in enumerate(rows)]
    return _svg(plain(title), told, len(rows) * _BAR_ROW_PX, drawn)


def _bar(row: Bar, top: int) -> Markup:
    width, final = 100 * row.share, 100 * row.share * (1 - row.open_share)
    parts = [
        _words(row.label, 'x="0" y="{}" class="label"', top + 15),
        Markup(
            '<text x="100%" y="{}" text-anchor="end"><tspan class="strong">{}</tspan>'
            '<tspan class="soft" dx="6">{}</tspan></text>'
        ).format(top + 15, row.strong, row.figure),
        Markup('<rect x="0" y="{}" width="100%" height="12" rx="2" class="track"/>').format(
            top + 23
        ),
        Markup('<rect x="0" y="{}" width="{:.3f}%" height="12" rx="2" class="{}"/>').format(
            top + 23, final, row.kind
        ),
    ]
    if row.open_share:
        parts.append(
            Markup('<rect x="{:.3f}%" y="{}" width="{:.3f}%" height="12" class="open"/>').format(
                final, top + 23, width - final
            )
        )
    parts.append(Markup('<rect x="0" y="{}" width="2" height="18" class="axis"/>').format(top + 20))
    if row.note:
        parts.append(_words(row.note, 'x="0" y="{}" class="small"', top + 51, share=row.note_value))
    return _joined(parts)


def entry_days(title: str, days: Sequence[EntryDay]) -> Markup:
    """Viewers and buyers by day of viewing, those whose window is not over hatched."""
    first_open = next((n for n, day in enumerate(days) if day.is_open), None)
    parts = [
        *_panel(days, [day.viewers for day in days], "viewers_axis", "view", 48, 92),
        *_panel(days, [day.buyers for day in days], "buyers_axis", "buy", 184, 52),
    ]
    if first_open:
        x = 100 * first_open / len(days)
        parts.append(
            Markup('<line x1="{0:.2f}%" x2="{0:.2f}%" y1="16" y2="236" class="bound"/>').format(x)
        )
        place = 'x="{:.2f}%" y="12" dx="{}" text-anchor="{}" class="small"'
        side = (4, "start") if x < 60 else (-4, "end")
        day = f"{days[first_open].day:%m-%d}"
        parts.append(_words("open_from", place, x, *side, day=day))
    for n in _ticks(len(days) - 1):
        x = 100 * (n + 0.5) / len(days)
        parts.append(_text(f"{days[n].day:%m-%d}", x, 254, "small", _anchor(x)))
    told = "; ".join(
        f"{day.day}: {day.viewers:,}, {day.buyers:,}{' …' if day.is_open else ''}" for day in days
    )
    return _svg(plain(title), told, 260, parts)


def _panel(
    days: Sequence[EntryDay], counts: Sequence[int], label: str, kind: str, top: int, height: int
) -> Iterable[Markup]:
    """One row of columns above a line, the greatest with its number."""
    most, slot = max(counts), 100 / len(days)
    foot = top + height
    yield _words(label, 'x="0" y="{}" class="label"', top - 20)
    for n, (day, count) in enumerate(zip(days, counts, strict=True)):
        if not count:
            continue
        tall = height * count / most
        yield Markup(
            '<rect x="{:.3f}%" y="{:.2f}" width="{:.3f}%" height="{:.2f}" class="{}">'
            "<title>{}: {:,}</title></rect>"
        ).format(
            slot * (n + 0.14),
            foot - tall,
            slot * 0.72,
            tall,
            "open" if day.is_open else kind,
            day.day,
            count,
        )
    yield Markup('<line x1="0" x2="100%" y1="{0}" y2="{0}" class="axis"/>').format(foot)
    if most:
        n = counts.index(most)
        x = slot * (n + 0.5)
        yield _text(f"{most:,}", x, top - 5, "strong", _anchor(x))


def curve(title: str, within: Sequence[int]) -> Markup:
    """The share of the last of the counts that each of them is, by its place: 0, 1, … days."""
    last, whole = len(within) - 1, within[-1]
    xs = [100 * day / last for day in range(last + 1)]
    shares = [count / whole for count in within]
    quarters = (0.25, 0.5, 0.75, 1)
    # What is beside the plot is where the line cannot be.
    beside = [_text(f"{share:.0%}", 0, _down(share) + 4, "small", "start") for share in quarters]
    parts = [
        Markup('<line x1="0" x2="100%" y1="{0}" y2="{0}" class="grid"/>').format(_down(share))
        for share in quarters
    ]
    line = " ".join(f"{x:.2f},{100 * (1 - share):.2f}" for x, share in zip(xs, shares, strict=True))
    parts.append(
        Markup(
            '<svg x="0" y="{}" width="100%" height="{}" viewBox="0 0 100 100" preserveAspectRatio="none" '
            'class="plot"><polygon points="0,100 {} 100,100" class="area"/>'
            '<polyline points="{}" class="line"/></svg>'
        ).format(_down(1), _CURVE_PX, line, line)
    )
    parts.append(Markup('<line x1="0" x2="100%" y1="{0}" y2="{0}" class="axis"/>').format(_down(0)))
    parts += [
        _text(f"{day}", xs[day], _down(0) + 18, "small", _anchor(xs[day])) for day in _ticks(last)
    ]
    for day in _marked(shares):
        parts += _mark(day, xs[day], shares[day], within)
    parts.append(_words("time_axis", 'x="0" y="{}" class="small"', _down(0) + 38))
    told = "; ".join(f"{day}: {percent(count, whole)}" for day, count in enumerate(within))
    plot = Markup('<svg class="beside" height="{}">{}</svg>').format(_down(0) + 44, _joined(parts))
    return _svg(plain(title), told, _down(0) + 44, [*beside, plot])


def _mark(day: int, x: float, share: float, within: Sequence[int]) -> Iterable[Markup]:
    """A dot with its label, below it to the right or above it to the left: there a line that never falls is not."""
    y = _down(share)
    yield Markup('<circle cx="{:.2f}%" cy="{}" r="4" class="dot"/>').format(x, y)
    dx, anchor, dy = (9, "start", 18) if x < _RIGHT_BELOW else (-4, "end", -9)
    place = 'x="{:.2f}%" y="{}" dx="{}" text-anchor="{}" class="mark halo"'
    figure = percent(within[day], within[-1])
    yield _words("time_mark", place, x, y + dy, dx, anchor, days=day, share=figure)


def _marked(shares: Sequence[float]) -> list[int]:
    """The days that are labelled: the one by which half is there comes first, then others that leave it room."""
    last = len(shares) - 1
    half = next(day for day, share in enumerate(shares) if share >= 0.5)
    kept: list[int] = []
    for day in (half, last, 7, 1):
        if (
            day <= last
            and shares[day] >= _LOWEST_MARK
            and all(
                abs(day - other) / last >= _APART[0]
                or abs(shares[day] - shares[other]) * _CURVE_PX >= _APART[1]
                for other in kept
            )
        ):
            kept.append(day)
    return sorted(kept)


def _down(share: float) -> int:
    """px from the top of a curve."""
    return round(22 + _CURVE_PX * (1 - share))


def _ticks(last: int) -> list[int]:
    """Places of the ticks on an axis from 0 to last, both with one."""
    step = next(n for n in (1, 2, 5, 7, 10, 15, 30, 60, 90) if last <= n * (_TICKS - 1))
    inner = [n for n in range(0, last, step) if last - n >= 0.75 * step]
    return [*inner, last]


def _anchor(x: float) -> str:
    return "start" if x < 4 else "end" if x > 96 else "middle"


def _text(text: str, x: float, y: float, kind: str, anchor: str) -> Markup:
    return Markup('<text x="{:.2f}%" y="{:.1f}" text-anchor="{}" class="{}">{}</text>').format(
        x, y, anchor, kind, text
    )


def _words(key: str, attributes: str, *places: object, **values: object) -> Markup:
    """A text in each language at one place."""
    return _joined(
        Markup('<text lang="{}" {}>{}</text>').format(
            language, Markup(attributes).format(*places), Markup(text).format(**values)
        )
        for language, text in zip(LANGUAGES, TEXTS[key], strict=True)
    )


def _svg(title: str, told: str, height: int, parts: Iterable[Markup]) -> Markup:
    return Markup(
        '<svg class="chart" role="img" width="100%" height="{}"><title>{}</title><desc>{}</desc>{}</svg>'
    ).format(height, title, told, _joined(parts))


def _joined(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)
