"""zhongcao report."""

import re
import webbrowser
from datetime import datetime
from pathlib import Path

import click

from report.figures import figures_of
from report.page import page
from schemas.errors import SettingsError
from streams.cli import options
from streams.visible import visible


@click.command(
    epilog="""\b
    Examples:
      zhongcao report --brand b1
      zhongcao report --brand b1 --since 2025-06-01 --until 2025-06-18 --open
      zhongcao report --brand brand-001 --embedded data/demo --output b.html
    """
)
@click.option("--brand", metavar="BRAND", required=True, help="The brand_id that it is about.")
@click.option(
    "--since",
    type=options.DAY,
    help="First day, Asia/Shanghai [default: that of the last 30 days whose window is over].",
)
@click.option("--until", type=options.DAY, help="Last day [default: the newest].")
@click.option(
    "--lookback-days",
    type=click.IntRange(min=0, max=90),
    metavar="N",
    help="Days of 24 hours before a payment in which a touch counts, at most what paths were stored with "
    "[default: the setting lookback_days].",
)
@click.option(
    "--window-days",
    type=click.IntRange(min=0, max=90),
    metavar="N",
    help="Days after that of viewing in which a step counts [default: as many].",
)
@click.option(
    "--output",
    type=options.FOLDER,
    metavar="FILE",
    help="Where the page is written [default: report-BRAND.html].",
)
@click.option("--open", "opened", is_flag=True, help="Show the page in the browser.")
@options.embedded
@options.config
def report(
    brand: str,
    since: datetime | None,
    until: datetime | None,
    lookback_days: int | None,
    window_days: int | None,
    output: Path | None,
    opened: bool,
    embedded: Path | None,
    config: Path | None,
) -> None:
    """Write one HTML page about a brand: funnel, credit by note, time to purchase, freshness, reconciliation.

    The page is complete in itself and loads nothing from anywhere; it shows English or Chinese. Every figure is from
    a view for analysts, which the page names.
    """
    settings = options.settings_of(config)
    with options.clickhouse_meant(settings, embedded) as clickhouse:
        figures = figures_of(
            clickhouse,
            brand,
            since.date() if since else None,
            until.date() if until else None,
            lookback_days,
            settings.lookback_days,
            window_days,
        )
    file = output or Path(f"report-{_file_name(brand)}.html")
    try:
        file.write_text(page(figures), encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"{file} cannot be written ({error.strerror}): name another file with --output."
        ) from error
    click.echo(visible(str(file)))
    if opened:
        webbrowser.open(file.resolve().as_uri())


def _file_name(brand: str) -> str:
    """An id as a part of a file's name, whatever is in it."""
    return re.sub(r"[^\w.-]+", "_", brand)
