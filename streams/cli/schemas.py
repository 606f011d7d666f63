"""zhongcao schemas."""

from pathlib import Path

import click

from schemas import registration
from schemas.errors import RegistryError
from schemas.registry import Contract, DirectoryRegistry
from schemas.subjects import Strategy
from schemas.topics import SOURCE_TOPICS
from streams.cli import options
from streams.cli.console import out
from streams.registry import api_of

LEVELS = click.Choice(
    [
        *("BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE"),
        *("FULL", "FULL_TRANSITIVE", "NONE"),
    ]
)


@click.group(
    epilog="""\b
    Examples:
      ZHONGCAO_SCHEMA_REGISTRY_URL=http://127.0.0.1:8081 zhongcao schemas register
      zhongcao schemas register --compatibility FULL_TRANSITIVE
      zhongcao schemas check
    """
)
def schemas() -> None:
    """Register the contracts in a schema registry, or check them there."""


@schemas.command(
    short_help="Register the contracts that are not there yet.",
    epilog="""\b
    Examples:
      zhongcao schemas register
      zhongcao schemas register --subjects record
      zhongcao schemas register --compatibility FULL_TRANSITIVE
    """,
)
@click.option(
    "--compatibility",
    type=LEVELS,
    metavar="LEVEL",
    help=f"Which changes the subjects take: {', '.join(LEVELS.choices)} [default: as the registry has it].",
)
@click.option(
    "--subjects",
    type=click.Choice([str(strategy) for strategy in Strategy]),
    default=str(Strategy.TOPIC),
    show_default=True,
    help="How producers name subjects: <topic>-value, the record's name, or <topic>-<record's name>.",
)
@options.config
def register(compatibility: str | None, subjects: str, config: Path | None) -> None:
    """Register the contracts that are not there yet, each under its subject.

    Safe to repeat. Nothing is registered if the registry finds one of them incompatible.
    """
    api = api_of(options.settings_of(config))
    for registered in registration.register(api, _contracts(), compatibility, Strategy(subjects)):
        told = "registered" if registered.new else "was there"
        out.print(f"{registered.subject}: {told}, id {registered.schema_id}", highlight=False)
    if compatibility is not None:
        out.print(f"Later versions must be {compatibility}.", highlight=False)


@schemas.command(
    short_help="Check the contracts and all versions beside them.",
    epilog="""\b
    Examples:
      zhongcao schemas check
      ZHONGCAO_SCHEMA_REGISTRY_URL=http://127.0.0.1:8081 zhongcao schemas check
    """,
)
@options.config
def check(config: Path | None) -> None:
    """Check that the contracts are registered, and can read every version beside them; exit 1 if not."""
    api = api_of(options.settings_of(config))
    problems = []
    for finding in registration.check(api, _contracts()):
        line = f"{finding.what}: {finding.told}"
        out.print(line, highlight=False, soft_wrap=True, style="" if finding.ok else "red")
        if not finding.ok:
            problems.append(line)
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise RegistryError(f"{problems[0]}{more}.")


def _contracts() -> list[Contract]:
    registry = DirectoryRegistry()
    return [registry.current(topic) for topic in SOURCE_TOPICS]
