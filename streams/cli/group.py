"""The group of all commands."""

import sys
from importlib import import_module
from typing import Any

import click

from schemas.errors import SettingsError
from streams.cli import COMMANDS
from streams.cli.console import explained, log_warnings, show_all_characters


class Utf8(click.types.StringParamType):
    """Text for ClickHouse and Kafka. Paths are not, and may have any bytes in them."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The text, or a usage error that names the parameter."""
        text = super().convert(value, param, ctx)
        try:
            text.encode()
        except UnicodeEncodeError as error:
            name = max(param.opts, key=len) if param else "An argument"
            raise SettingsError(
                f"{name.upper() if name.isidentifier() else name} is not UTF-8, as all text is: check it."
            ) from error
        return text


def _take_utf8(command: click.Command) -> click.Command:
    """Let a command, and those below it, take no other text."""
    for param in command.params:
        if param.type is click.STRING:
            param.type = Utf8()
    if isinstance(command, click.Group):
        for name in command.commands:
            _take_utf8(command.commands[name])
    return command


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
        return _take_utf8(command)

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
        code = cli.main(standalone_mode=False) or 0
        sys.stdout.flush()
        sys.exit(code)
