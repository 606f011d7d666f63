"""zhongcao attribute."""

from datetime import datetime
from pathlib import Path

import click
from rich.table import Column, Table

from attribution.creators import UNLISTED, read_creators
from attribution.credit import ORGANIC, UNKNOWN, Credit
from attribution.question import Dimension, Model, Question
from attribution.runs import Run, run
from sinks.migrate import check_migrated
from streams.cli import options
from streams.cli.console import out, print_whole, progress_bar, styled
from streams.visible import json_text, visible_value

#: Channels of a brand that are printed; the others are one line.
PRINTED = 20


@click.command(
    epilog="""\b
    Examples:
      zhongcao attribute --model markov --by surface
      zhongcao attribute --model shapley --by note --brand b1 --since 2025-06-01
      zhongcao attribute --model markov --by creator --creators creators.csv
    """
)
@click.option(
    "--model",
    type=click.Choice([*map(str, Model)]),
    required=True,
    help="Removal effects in a Markov chain of the paths, or Shapley values of the channels.",
)
@click.option(
    "--by", type=click.Choice([*map(str, Dimension)]), required=True, help="What is credited."
)
@click.option("--brand", metavar="BRAND", help="Only this brand_id.")
@click.option("--since", type=options.DAY, help="First day of the payments, Asia/Shanghai.")
@click.option("--until", type=options.DAY, help="Last day of the payments.")
@click.option(
    "--lookback-days",
    type=int,
    metavar="N",
    help="How far before a payment a touch counts, at most what paths were stored with (default 30).",
)
@click.option(
    "--creators",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --by creator: CSV under the line note_id,creator_id.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@options.embedded
@options.config
def attribute(
    model: str,
    by: str,
    brand: str | None,
    since: datetime | None,
    until: datetime | None,
    lookback_days: int | None,
    creators: Path | None,
    as_json: bool,
    embedded: Path | None,
    config: Path | None,
) -> None:
    """Credit notes, creators, surfaces or kinds of touch with what a model of the stored paths says they brought in.

    The credits of a brand add up to what it sold, to the fen; organic orders are a line of their own, and so are those
    of which no touch is held, though there may have been some. They are also written to ClickHouse: the view
    current_modelled_credits has the newest of each choice of options.
    """
    settings = options.settings_of(config, lookback_days=lookback_days)
    question = Question(
        Model(model),
        Dimension(by),
        brand,
        since.date() if since else None,
        until.date() if until else None,
        settings.lookback_days,
    )
    of_notes = read_creators(creators) if creators else None
    with (
        options.clickhouse_meant(settings, embedded) as clickhouse,
        progress_bar("modelling", None) as bar,
    ):
        if not embedded:
            check_migrated(clickhouse)
        found = run(
            clickhouse,
            question,
            of_notes,
            lambda done, of: bar.show(done, f"{done:,} of {of:,} brands"),
        )
    if as_json:
        click.echo(json_text(_plain(found)))
    else:
        _show(found)


def _plain(found: Run) -> dict[str, object]:
    asked = found.question
    return {
        "model": asked.model,
        "by": asked.by,
        "since": asked.since and asked.since.isoformat(),
        "until": asked.until and asked.until.isoformat(),
        "lookback_days": asked.lookback_days,
        "computed_at_ms": found.computed_at_ms,
        "notes": len(found.notes),
        "notes_without_creator": len(found.unknown),
        "brands": {
            brand: [credit.plain() for credit in credits] for brand, credits in found.brands.items()
        },
    }


def _show(found: Run) -> None:
    for brand, credits in found.brands.items():
        out.print(styled(visible_value(brand), "bold"))
        print_whole(_table(found.question, credits))
    if found.unknown:
        out.print(
            f"{len(found.unknown):,} of {len(found.notes):,} notes are not in the file of creators: "
            f"they are the channel {UNLISTED}.",
            highlight=False,
            soft_wrap=True,
        )


def _table(asked: Question, credits: list[Credit]) -> Table:
    """Amounts in yuan; removal effects where the model knows them."""
    effects = asked.model is Model.MARKOV
    names = (*(["removal"] * effects), "sub-orders", "gross ¥", "refunded ¥", "net ¥")
    figures = (Column(name, justify="right") for name in names)
    table = Table(Column(asked.by, overflow="fold"), *figures, box=None, pad_edge=False)
    channels = [credit for credit in credits if credit.channel not in (ORGANIC, UNKNOWN)]
    rows = [(credit.channel, [credit]) for credit in channels[:PRINTED]]
    rows.append((f"({len(channels) - PRINTED:,} others)", channels[PRINTED:]))
    for name, channel in (("(organic)", ORGANIC), (UNKNOWN, UNKNOWN)):
        rows.append((name, [credit for credit in credits if credit.channel == channel]))
    for name, summed in rows:
        if summed:
            table.add_row(visible_value(name), *([_effect(summed)] * effects), *_sums(summed))
    table.add_row("total", *([""] * effects), *_sums(credits))
    return table


def _effect(credits: list[Credit]) -> str:
    """Those of several channels cannot be added up."""
    effect = credits[0].removal_effect if len(credits) == 1 else None
    return "" if effect is None else f"{effect:.3f}"


def _sums(credits: list[Credit]) -> tuple[str, ...]:
    fen = (
        sum(getattr(credit, worth) for credit in credits)
        for worth in ("gross_fen", "refunded_fen", "net_fen")
    )
    return f"{sum(credit.sub_orders for credit in credits):,.2f}", *(f"{n / 100:,.2f}" for n in fen)
