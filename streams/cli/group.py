"""The group of all commands."""

import sys
from importlib import import_module

import click

from streams.cli import COMMANDS
from streams.cli.console import explained, log_warnings, show_all_characters


class LazyGroup(click.Group):
    """Imports a command when it is asked for: `sql` needs no stream processor to start."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, the first steps first."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"streams.cli.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """All of them with what they do, and none imported for that."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
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


def run() -> None:
    """Run what the command line says, and leave: errors that are meant for users are told in one sentence."""
    show_all_characters()
    log_warnings()
    with explained():
        sys.exit(cli.main(standalone_mode=False) or 0)
