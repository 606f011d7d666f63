"""The command line: `zhongcao`."""

import sys

import click

from streams.cli.clickhouse import clickhouse
from streams.cli.console import explained
from streams.cli.demo import demo
from streams.cli.doctor import doctor
from streams.cli.generate import generate
from streams.cli.migrate import migrate
from streams.cli.replay import replay
from streams.cli.sql import sql
from streams.cli.worker import worker


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="zhongcao", prog_name="zhongcao")
def cli() -> None:
    """zhongcao (种草): from a Xiaohongshu note to a Taobao purchase, measured.

    \b
    Try it with nothing but Python:
      zhongcao demo
    With your own data:
      zhongcao replay events.jsonl --format jsonl --embedded data/mine
      zhongcao sql --embedded data/mine "SELECT count() FROM current_conversions"
    """


for command in (demo, generate, replay, worker, migrate, sql, clickhouse, doctor):
    cli.add_command(command)


def main() -> None:
    """Entry point: errors that are meant for users are printed in one sentence, without a traceback."""
    with explained():
        sys.exit(cli.main(standalone_mode=True))
