"""zhongcao demo."""

import shlex
import shutil
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from rebuild import Scope
from schemas.errors import SettingsError
from sinks.connection import ClickHouse
from sinks.embedded import LAID_OUT, running_server
from sources.generator import Traffic, generate
from streams.cli import folders, options
from streams.cli.console import out, program_name, progress_bar, styled
from streams.cli.generate import traffic_of, traffic_options
from streams.cli.rebuild import rebuild_in
from streams.clickhouse import embedded_clickhouse
from streams.embedded import Drained, drain
from streams.folder import KEPT
from streams.settings import Settings
from streams.visible import visible_value

#: All that an embedded run leaves, but for rejects.
MADE = {folders.DEMO_MARKER, "faust", *LAID_OUT, *KEPT}

FUNNEL = """
SELECT note_id,
    uniqExact(user_id) AS viewers,
    uniqExactIf(user_id, saved_at IS NOT NULL) AS savers,
    uniqExactIf(user_id, clicked_at IS NOT NULL) AS clickers,
    uniqExactIf(user_id, purchased_at IS NOT NULL) AS buyers,
    uniqExactIf(user_id, chain_purchased_at IS NOT NULL) AS chain_buyers
FROM current_journeys GROUP BY note_id ORDER BY viewers DESC, note_id LIMIT 10
"""

#: Share of the viewers with whom not all is over.
OPEN = """
SELECT uniqExactIf(user_id, open) / greatest(uniqExact(user_id), 1)
FROM journey_steps(window_days = %(days)s)
"""

CONVERSIONS = """
SELECT sub_order_id, formatDateTime(paid_at, '%m-%d %H:%i'), newest_item_click_at IS NOT NULL, net_fen,
    arrayZip(arrayMap(at -> formatDateTime(at, '%m-%d %H:%i'), path.occurred_at), path.kind, path.note_id)
FROM conversions_with_amounts
WHERE length(path.kind) BETWEEN 2 AND 5 AND has(path.kind, 'click')
ORDER BY length(arrayDistinct(path.kind)) DESC, paid_at DESC, sub_order_id LIMIT 4
"""

TOTALS = """
SELECT
    (SELECT countIf(kind != 'unsave') FROM current_touches), (SELECT countIf(kind = 'unsave') FROM current_touches),
    (SELECT count() FROM current_order_events),
    (SELECT count() FROM current_journeys), (SELECT count() FROM current_conversions),
    (SELECT count() FROM current_conversions WHERE empty(path.kind)),
    (SELECT countIf(too_late) FROM current_touches) + (SELECT countIf(too_late) FROM current_order_events),
    (SELECT count() FROM current_dead_letters)
"""

SOLD = """
SELECT brand_id, sum(net_fen) AS net, sumIf(net_fen, via NOT IN ('organic', 'unknown')) AS touched
FROM direct_and_halo(lookback_days = %(days)s) GROUP BY brand_id ORDER BY net DESC, brand_id LIMIT 1
"""

#: The one with most to tell.
EXAMPLE = """
SELECT sub_order_id FROM current_conversions WHERE brand_id = %(brand)s
ORDER BY length(arrayDistinct(path.kind)) DESC, length(path.kind), sub_order_id LIMIT 1
"""

EARNED = """
SELECT note_id, sum(net_fen) AS net FROM attribution(model = 'linear', lookback_days = %(days)s)
WHERE brand_id = %(brand)s AND note_id != '' GROUP BY note_id ORDER BY net DESC, note_id LIMIT 1
"""


@click.command(
    epilog="""\b
    Examples:
      zhongcao demo
      zhongcao demo --events 50000 --seed 7 --embedded /tmp/demo
    """
)
@traffic_options
@options.embedded
@options.joins
def demo(
    embedded: Path | None,
    config: Path | None,
    lookback_days: int | None,
    allowed_lateness_days: int | None,
    **options_of_traffic: Any,
) -> None:
    """Generate traffic, run the whole pipeline on it in this process, and show what came out.

    It begins in a folder that is new or empty, or empties that of an earlier demo [default: data/demo].
    """
    settings = options.settings_of(
        config, lookback_days=lookback_days, allowed_lateness_days=allowed_lateness_days
    )
    folder = embedded or Path("data/demo")
    traffic = traffic_of(**options_of_traffic)
    _empty(folder)
    drained = _run(settings, folder, traffic)
    with embedded_clickhouse(folder, settings.clickhouse_database) as clickhouse:
        _show(clickhouse, folder, drained, settings.lookback_days)


def _empty(folder: Path) -> None:
    """Make a folder for a demo, or empty that of an earlier demo. Whatever else is in a folder stays."""
    folders.make(folder)
    found = {path.name for path in folder.iterdir()}
    if found and (folders.DEMO_MARKER not in found or found - MADE):
        raise SettingsError(
            f"{folder} holds something that no demo made: name a folder that is empty or new with --embedded."
        )
    if (server := running_server(folder)) is not None:
        raise SettingsError(
            f"{folder} is in use by process {server.pid}: stop it first, or name another folder with --embedded."
        )
    # The mark is there first and stays to the end: a demo that was interrupted here is one too.
    (folder / folders.DEMO_MARKER).touch()
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != folders.DEMO_MARKER:
            path.unlink()


def _run(settings: Settings, folder: Path, traffic: Traffic) -> Drained:
    with progress_bar("notes → touches → purchases", traffic.events) as bar:
        drained = drain(
            settings,
            folder,
            generate(traffic),
            lambda count: bar.show(count, f"{count:,} of about {traffic.events:,} events"),
            source="the demo's traffic",
        )
    if drained.late:
        rebuild_in(settings, folder, Scope(late=True))
    return drained


def _show(clickhouse: ClickHouse, folder: Path, drained: Drained, days: int) -> None:
    client = clickhouse.client()
    [(open_share,)] = client.execute(OPEN, {"days": days})
    _print_funnel(client.execute(FUNNEL), days, open_share)
    _print_conversions(client.execute(CONVERSIONS))
    _print_sums(client.execute(TOTALS)[0], drained)
    for brand, net, touched in client.execute(SOLD, {"days": days}):
        _print_answer(
            f"{visible_value(brand)} sold {_yuan(net)} net",
            touched / net if net > 0 else 0.0,
            client.execute(EARNED, {"days": days, "brand": brand}),
            days,
        )
        [(example,)] = client.execute(EXAMPLE, {"brand": brand})
        _print_asking(folder, brand, example)
    _print_where(folder)


def _print_sums(totals: tuple[int, ...], drained: Drained) -> None:
    touches, unsaves, lines, journeys, conversions, organic, late, dead = totals
    again = drained.published - touches - unsaves - lines - dead
    out.print(
        f"\n{drained.published:,} messages in {drained.seconds:.0f} s: {touches:,} touches, {unsaves:,} unsaves, "
        f"{lines:,} order lines, {again:,} delivered again, {dead:,} dead letters "
        f"→ {journeys:,} journeys and {conversions:,} conversions ({organic:,} of them organic); too late: {late:,}.",
        highlight=False,
    )


def _print_answer(sold: str, met: float, earned: list[tuple[str, int]], days: int) -> None:
    """What the notes of a brand brought in. met: share of what it sold to people who had met its notes."""
    answer = f"{sold}, {met:.0%} of it to people who had met its notes within {days} days before"
    for note, fen in earned:
        answer += f"; where all touches share equally, the note {visible_value(note)} earned most, {_yuan(fen)}"
    out.print(f"\n{answer}.", style="bold", highlight=False)


def _print_asking(folder: Path, brand: str, sub_order: str) -> None:
    program, there = program_name(), f"--embedded {shlex.quote(str(folder))}"
    out.print(
        "\nHow each order came, and a page about the brand:\n"
        f"  {program} explain {shlex.quote(sub_order)} {there}\n"
        f"  {program} report --brand {shlex.quote(brand)} {there}",
        highlight=False,
        soft_wrap=True,
    )


def _print_where(folder: Path) -> None:
    program, quoted = program_name(), shlex.quote(str(folder))
    out.print(
        f"\nThe data lies in {folder}. Ask it anything:\n"
        f'  {program} sql --embedded {quoted} "SHOW TABLES"\n'
        f"  {program} clickhouse {quoted}    (for BI tools)",
        highlight=False,
        soft_wrap=True,
    )


def _yuan(fen: int) -> str:
    return f"¥{fen / 100:,.2f}"


def _print_funnel(rows: list[tuple[Any, ...]], days: int, open_share: float) -> None:
    out.print("Funnel of the ten notes most viewed, in people", style="italic", highlight=False)
    table = Table(box=None, padding=(0, 1))
    table.add_column("note")
    for name in ("viewers", "savers", "clickers", "buyers", "in order*"):
        table.add_column(name, justify="right")
    for note, viewers, *counts in rows:
        shares = [f"{count:,} {count / viewers:>5.1%}" for count in counts]
        table.add_row(visible_value(note), f"{viewers:,}", *shares)
    out.print(table, highlight=False)
    out.print(
        "* viewed, then saved, then clicked, then bought\n"
        f"Within {days} days of viewing; {open_share:.0%} of all viewers are open: more may follow.",
        style="dim",
        highlight=False,
    )


def _print_conversions(rows: list[tuple[Any, ...]]) -> None:
    out.print("\nSome conversions, and what led to them", style="italic", highlight=False)
    for sub_order, paid, direct, fen, path in rows:
        item = "the item of the link" if direct else "another item of the brand"
        out.print(
            styled(f"\n{_yuan(fen)}", "bold"),
            f"net, {item} (sub-order {visible_value(sub_order)})",
            highlight=False,
        )
        for at, kind, note in path:
            out.print(f"  {at}  {kind:5}  note {visible_value(note)}", highlight=False)
        out.print(f"  {paid}  paid", highlight=False)
