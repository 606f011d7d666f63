"""zhongcao migrate."""

import errno
import sys
from pathlib import Path
from typing import TextIO

import click

from schemas.errors import SettingsError
from sinks.access import apply_access, missing_access
from sinks.connection import ClickHouse
from sinks.migrate import migrate as apply
from sinks.migrate import missing
from streams.cli import options
from streams.cli.console import err, out
from streams.clickhouse import clickhouse_of


@click.command(
    epilog="""\b
    Examples:
      zhongcao migrate
      ZHONGCAO_CLICKHOUSE_HOST=ch.internal zhongcao migrate
      zhongcao migrate --with-access --brands brands.txt
      zhongcao migrate --check --with-access
    """
)
@click.option(
    "--with-access",
    is_flag=True,
    help="Also create the roles, row policies and limits of docs/security.md, or set them right.",
)
@click.option(
    "--brands",
    type=click.File(encoding="utf-8"),
    metavar="FILE",
    help="With --with-access: the brands that get a role for their analysts, one brand_id a line; - is stdin.",
)
@click.option(
    "--check",
    is_flag=True,
    help="Change nothing: say what differs from the tables and views of this version, and exit 1 if anything does. "
    "With --with-access, from its roles, rights and row policies, too.",
)
@options.config
def migrate(with_access: bool, brands: TextIO | None, check: bool, config: Path | None) -> None:
    """Create the ClickHouse database, or bring its tables and views up to date.

    Safe to repeat: what is as it should be is left as it is, and what was dropped or changed by hand is mended.
    """
    if brands and not with_access:
        raise click.UsageError("--brands is for roles, which --with-access makes: add it.")
    clickhouse = clickhouse_of(options.settings_of(config))
    with_brands = _lines(brands) if brands else []
    told = missing(clickhouse) if check else apply(clickhouse)
    if check and with_access:
        told = [*told, *missing_access(clickhouse, with_brands)]
    for line in told:
        out.print(line, highlight=False, markup=False)
    if check and told:
        command = f"zhongcao migrate{' --with-access' if with_access else ''}"
        err.print(f"Run `{command}`: it mends what it can.", highlight=False)
        sys.exit(1)
    out.print(
        f"Database {clickhouse.database} on {clickhouse.address} is up to date.", highlight=False
    )
    if with_access:
        _show_access(clickhouse, with_brands, check or apply_access(clickhouse, with_brands))


def _lines(file: TextIO) -> list[str]:
    try:
        return [line.strip() for line in file if line.strip()]
    except UnicodeDecodeError as error:
        raise SettingsError(
            "The file of --brands is not UTF-8, as all brand ids are: check it."
        ) from error
    except OSError as error:
        reason = "stdin is closed" if error.errno == errno.EBADF else error.strerror
        raise SettingsError(
            f"The brands cannot be read ({reason}): name their file, one brand_id a line."
        ) from error


def _show_access(clickhouse: ClickHouse, brands: list[str], scratch: bool) -> None:
    name = clickhouse.database
    out.print(
        f"Roles {name}_writer, {name}_analyst, {name}_eraser, {name}_verifier, {name}_modeller, "
        f"{name}_rebuilder and {name}_migrator are as they should be"
        + (f", and those of {len(set(brands))} brands ({name}:BRAND)." if brands else "."),
        highlight=False,
    )
    if not scratch:
        err.print(
            f"This server has no grants by prefix (ClickHouse 24.10 has): give {name}_verifier the right to make "
            f"databases {name}_verify_… yourself, see docs/security.md.",
            highlight=False,
        )
