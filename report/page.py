"""The page: figures in, one HTML file out that needs nothing else."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from report.amounts import percent, yuan
from report.charts import Bar, bars, curve, entry_days
from report.figures import Difference, Figures, NoteCredit, People
from report.texts import from_view, plain, say
from sinks.tables import FULL, MODELS

#: What takes part in less than the rest, as reconciliation names it; whatever else differs should not.
_LEFT_OUT: Final = (
    *("touches that", "payments that", "sub-orders that"),
    *("refunded_fen without", "dead letters"),
)
_IDS: Final = ("click ids", "sub-order ids", "transaction ids")

_WAYS: Final = {
    "direct": "click",
    "click_halo": "save",
    "view_through": "view",
    "organic": "organic",
    "unknown": "organic",
}


def page(figures: Figures) -> str:
    """The report as HTML."""
    environment = Environment(
        loader=PackageLoader("report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "say": say,
        "plain": plain,
        "from_view": from_view,
        "yuan": yuan,
        "percent": percent,
        "bars": bars,
        "curve": curve,
        "entry_days": entry_days,
    }
    sums = _sums(figures.credits)
    return environment.get_template("page.html").render(
        f=figures,
        span=figures.span,
        total=figures.total,
        style=Markup((files("report") / "page.css").read_text(encoding="utf-8")),
        models=MODELS,
        full=FULL,
        independent=_independent(figures),
        chain=_chain(figures),
        cohorts=[("everybody", figures.people), ("all_over", figures.window_over)],
        open_share=percent(figures.opened.viewers, figures.people.viewers),
        ways=_ways(figures),
        sums=sums,
        agree=all(sums[model] == figures.total.net_fen for model in MODELS),
        greatest=_greatest(figures.credits),
        complete_until=_complete_until(figures),
        span_ends=figures.span.until + timedelta(1),
        dead_letters=any(each.measure.startswith("dead letters") for each in figures.differences),
        unexplained=_unexplained(figures.differences),
        amount=_amount,
    )


def _step(people: People, step: str, count: int, kind: str) -> Bar:
    rate = percent(count, people.viewers)
    return Bar(step, f"{count:,}", rate, _part(count, people.viewers), kind)


def _viewed(figures: Figures) -> Bar:
    """What is open of it is hatched."""
    people = figures.people
    bar = _step(people, "viewed", people.viewers, "view")
    if not figures.opened.viewers:
        return replace(bar, figure="")
    return replace(
        bar,
        figure="",
        note="open_part",
        note_value=percent(figures.opened.viewers, people.viewers),
        open_share=_part(figures.opened.viewers, people.viewers),
    )


def _independent(figures: Figures) -> list[Bar]:
    people = figures.people
    return [
        _viewed(figures),
        _step(people, "saved", people.savers, "save"),
        _step(people, "clicked", people.clickers, "click"),
        _step(people, "bought", people.buyers, "buy"),
    ]


def _chain(figures: Figures) -> list[Bar]:
    """Each step also as a part of the one before it."""
    people = figures.people
    clicked = percent(people.chain_clickers, people.savers)
    bought = percent(people.chain_buyers, people.chain_clickers)
    return [
        _viewed(figures),
        _step(people, "saved", people.savers, "save"),
        replace(
            _step(people, "chain_clicked", people.chain_clickers, "click"),
            note="of_savers",
            note_value=clicked,
        ),
        replace(
            _step(people, "chain_bought", people.chain_buyers, "buy"),
            note="of_chain_clickers",
            note_value=bought,
        ),
    ]


def _ways(figures: Figures) -> list[Bar]:
    whole = figures.total.sub_orders
    return [
        Bar(
            way,
            f"{sold.sub_orders:,}",
            percent(sold.sub_orders, whole),
            _part(sold.sub_orders, whole),
            _WAYS[way],
            f"{way}_what",
        )
        for way, sold in figures.sold.items()
    ]


def _part(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _sums(credits: Sequence[NoteCredit]) -> dict[str, int]:
    """Net fen by model, over all rows."""
    return {model: sum(row.net_fen[model] for row in credits) for model in (*MODELS, FULL)}


def _greatest(credits: Sequence[NoteCredit]) -> int:
    """What the longest bar of the table stands for, in fen."""
    shown = [row.net_fen[model] for row in credits for model in MODELS if row.what == "note"]
    return max([1, *shown])


def _complete_until(figures: Figures) -> datetime | None:
    """Until when all topics are complete; None when that is not known."""
    told = [topic.complete_until for topic in figures.topics]
    return min((at for at in told if at), default=None) if all(told) else None


def _unexplained(differences: Sequence[Difference]) -> bool:
    return any(not each.measure.startswith((*_LEFT_OUT, *_IDS)) for each in differences)


def _amount(measure: str, number: int) -> str:
    return yuan(number) if "_fen" in measure else f"{number:,}"
