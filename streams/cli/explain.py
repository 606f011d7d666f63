"""zhongcao explain."""

from pathlib import Path
from typing import Any

import click
from rich.table import Column, Table
from rich.text import Text

from schemas.errors import SettingsError, SourceError
from sinks.ask import ask
from sinks.connection import ClickHouse
from sinks.tables import FULL, MODELS
from streams.cli import options
from streams.cli.console import out, print_whole, styled
from streams.visible import json_text, visible_value

EVERY_MODEL = (*MODELS, FULL)

ORDER = """
SELECT
    c.brand_id, c.platform, c.sub_order_id, c.order_id, c.user_id, c.shop_id, c.item_id, c.quantity, c.paid_at,
    c.click_id, toString(p.via) AS via, c.path_truncated, c.path_incomplete, c.gross_fen, c.refunded_fen, c.net_fen
FROM conversions_with_amounts AS c
JOIN order_paths(lookback_days = %(days)s) AS p
    ON p.brand_id = c.brand_id AND p.platform = c.platform AND p.sub_order_id = c.sub_order_id
WHERE c.sub_order_id = %(id)s AND p.sub_order_id = %(id)s
"""

STORED = """
SELECT max(lookback_days) AS days, groupUniqArrayIf(sub_order_id, order_id = %(id)s) AS sub_orders
FROM current_conversions
WHERE sub_order_id = %(id)s OR order_id = %(id)s
HAVING count() > 0
"""

HAPPENED = """
SELECT * EXCEPT (brand_id, platform, sub_order_id) REPLACE (toString(what) AS what)
FROM explain(sub_order_id = %(id)s, lookback_days = %(days)s)
ORDER BY at, what
"""

VERSIONS = """
SELECT DISTINCT * EXCEPT (brand_id, platform, sub_order_id) REPLACE (toString(version) AS version)
FROM conversion_versions
WHERE sub_order_id = %(id)s
ORDER BY conversion_versions.version DESC
"""


@click.command(
    epilog="""\b
    Examples:
      zhongcao explain 2458000429457690990
      zhongcao explain 2458000429457690990 --lookback-days 7 --embedded data/mine
    """
)
@click.argument("sub_order_id")
@click.option(
    "--lookback-days",
    "days",
    type=click.IntRange(min=0, max=90),
    metavar="N",
    help="Window in which touches are credited [default: that of the stored path].",
)
@click.option("--json", "as_json", is_flag=True, help="Print all of it as JSON.")
@options.embedded
@options.config
def explain(
    sub_order_id: str,
    days: int | None,
    as_json: bool,
    embedded: Path | None,
    config: Path | None,
) -> None:
    """Tell one conversion completely: its touches, what each model credits them with, payments, refunds, versions."""
    with options.clickhouse_meant(options.settings_of(config), embedded) as clickhouse:
        told = _told(clickhouse, sub_order_id, days)
    if as_json:
        click.echo(json_text(told))
    else:
        _show(told)


def _told(clickhouse: ClickHouse, sub_order_id: str, days: int | None) -> dict[str, Any]:
    stored = ask(clickhouse, STORED, {"id": sub_order_id})
    if not stored:
        raise SourceError(
            f"There is no conversion of the sub-order {sub_order_id} in the database {clickhouse.database}: "
            "no payment of it has arrived, or the id is another one, or its user was forgotten."
        )
    if sub_orders := [name for name in stored[0]["sub_orders"] if name != sub_order_id]:
        raise SourceError(
            f"{sub_order_id} is an order: explain one of its sub-orders, {', '.join(sorted(sub_orders))}."
        )
    reach = stored[0]["days"]
    if days is not None and days > reach:
        raise SettingsError(
            f"--lookback-days is {days}, but the path of {sub_order_id} reaches back {reach} days: "
            f"ask for {reach} or less."
        )
    given = {"id": sub_order_id, "days": reach if days is None else days}
    return {
        "lookback_days": given["days"],
        **ask(clickhouse, ORDER, given)[0],
        "happened": ask(clickhouse, HAPPENED, given),
        "versions": ask(clickhouse, VERSIONS, given),
    }


def _show(told: dict[str, Any]) -> None:
    via = {
        "direct": "direct: the link of this very item was clicked",
        "click_halo": "click_halo: links of other items of the brand were clicked",
        "view_through": "view_through: touched, but no link was clicked",
        "organic": "organic: no touch",
        "unknown": "unknown: no click on this item is held, and not all touches are",
    }[told["via"]]
    ids = {name: visible_value(value) for name, value in told.items() if name.endswith("_id")}
    lines = [
        Text.assemble(
            styled(f"Sub-order {ids['sub_order_id']}", "bold"),
            f" of order {ids['order_id']}, brand {ids['brand_id']}",
        ),
        f"{told['quantity']} × item {ids['item_id']} from shop {ids['shop_id']}, user {ids['user_id']}",
        f"paid {told['paid_at']:%Y-%m-%d %H:%M:%S}: {_yuan(told['gross_fen'])}, "
        f"refunded {_yuan(told['refunded_fen'])}, net {_yuan(told['net_fen'])}",
        f"within {told['lookback_days']} days {via}",
    ]
    stands = told["versions"][0]
    if _is_crowded(stands):
        lines.append("The user is crowded, with more events than any person has: no path is made.")
    elif told["path_truncated"]:
        lines.append("There were more touches than a path keeps: the oldest were left out.")
    if told["path_incomplete"]:
        lines.append(
            "Not all touches of the lookback were held when the path was made: some may be missing."
        )
    out.print(*lines, sep="\n", highlight=False, soft_wrap=True)
    out.print()
    print_whole(_happened(told["happened"]))
    out.print("\nCredits of the net amount, in yuan", style="italic", highlight=False)
    print_whole(_credits(told["happened"]))
    out.print("\nA touch counts in windows of at least the days under “from”.", highlight=False)
    for n, version in enumerate(told["versions"]):
        out.print(
            f"{'before' if n else 'stands'}: {_version(version)}", highlight=False, soft_wrap=True
        )


def _version(version: dict[str, Any]) -> str:
    """What a row was made of."""
    if _is_crowded(version):
        return "no path, as the user is crowded"
    newest = "the newest " if version["path_truncated"] else ""
    held = "all" if version["complete"] else "not all"
    return (
        f"path of {newest}{_counted(version['touches'], 'touch', 'touches')}, "
        f"made of {_counted(version['events'], 'event', 'events')}, "
        f"{held} of the lookback of {_counted(version['lookback_days'], 'day', 'days')} held"
    )


def _is_crowded(version: dict[str, Any]) -> bool:
    return version["events"] is None


def _counted(number: int, one: str, more: str) -> str:
    return f"{number:,} {one if number == 1 else more}"


def _happened(rows: list[dict[str, Any]]) -> Table:
    """What happened, a line each, numbered."""
    numbers = (Column(name, justify="right") for name in ("from", "¥"))
    table = Table(Column("", justify="right"), "when", "what", "note or item", *numbers, box=None)
    for number, row in enumerate(rows, 1):
        days, amount = row["counts_from_days"], row["amount_fen"]
        table.add_row(
            str(number),
            f"{row['at']:%Y-%m-%d %H:%M:%S}",
            f"{row['what']}, named by the order" if row["evidence"] == "named" else row["what"],
            visible_value(row["note_id"] or row["item_id"]),
            "" if days is None else f"{days} d",
            "" if amount is None else _yuan(amount),
        )
    return table


def _credits(rows: list[dict[str, Any]]) -> Table:
    """What each model credits the lines of these numbers with."""
    names = [Column(m.replace("_", " "), justify="right") for m in EVERY_MODEL]
    table = Table(Column("", justify="right"), *names, box=None, show_footer=True)
    for number, row in enumerate(rows, 1):
        credits = [row[f"{m}_fen"] for m in EVERY_MODEL]
        if any(fen is not None for fen in credits):
            table.add_row(str(number), *("" if fen is None else _yuan(fen) for fen in credits))
    for column, model in zip(table.columns[1:], EVERY_MODEL, strict=True):
        column.footer = _yuan(sum(row[f"{model}_fen"] or 0 for row in rows))
    return table


def _yuan(fen: int) -> str:
    return f"{fen / 100:,.2f}"
