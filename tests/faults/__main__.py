"""python -m faults: scenarios one after another, and a table of what was survived."""

import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import mkdtemp

import click
from rich.console import Console
from rich.table import Column, Table

from faults.guards import GUARDS
from faults.kinds import KINDS, THREE_BY_THREE, impossible_here
from faults.scenario import Outcome, Scenario
from faults.world import World

console = Console(width=140)
#: In place of the name of a guard.
EACH = "each"


@click.command()
@click.option(
    "--seeds", default=10, type=click.IntRange(min=1), show_default=True, help="How many scenarios."
)
@click.option("--first", default=1, show_default=True, help="Seed of the first.")
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    help="Begin no scenario after so many minutes.",
)
@click.option("--fault", "kinds", multiple=True, type=click.Choice(list(KINDS)), help="Only these.")
@click.option(
    "--three-by-three", is_flag=True, help="As many scenarios as it takes for every fault."
)
@click.option(
    "--without",
    type=click.Choice([*GUARDS, EACH]),
    help=f"Take a guard away, or {EACH} of them in turn: then the tables must be found wrong.",
)
def main(
    seeds: int,
    first: int,
    minutes: float | None,
    kinds: tuple[str, ...],
    three_by_three: bool,
    without: str | None,
) -> None:
    """Run scenarios; exit 1 if the tables are wrong after one, or never wrong without a guard."""
    folder = Path(mkdtemp(prefix="faults-"))
    ends = time.monotonic() + (minutes * 60 if minutes else float("inf"))
    drawn = [kinds] * seeds
    if three_by_three:
        possible = {*KINDS} - {*impossible_here()}
        drawn = [tuple(kind for kind in pair if kind in possible) for pair in THREE_BY_THREE]
    numbers = range(first, first + seeds)
    with World(folder) as world:
        if without is not None:
            guards = list(GUARDS) if without == EACH else [without]
            missed = [guard for guard in guards if not _shows(world, folder, guard, numbers)]
            sys.exit(bool(missed))
        outcomes: list[Outcome] = []
        for seed, chosen in enumerate(drawn, start=first):
            if time.monotonic() > ends:
                break
            outcomes.append(Scenario(world, seed, folder / f"seed-{seed}", chosen).run())
            _tell(outcomes[-1])
    _summary(outcomes)
    if not outcomes:
        sys.exit("nothing was checked: no scenario began")
    failed = [outcome.seed for outcome in outcomes if outcome.wrong]
    if failed:
        console.print(f"wrong: {failed}; what the workers said is in {folder}")
    sys.exit(bool(failed))


def _shows(world: World, folder: Path, name: str, numbers: range) -> bool:
    """Whether the tables are wrong in one of the scenarios when a guard is missing."""
    kinds = GUARDS[name].shows_when
    for seed in numbers:
        place = folder / f"{name.replace(' ', '-')}-{seed}"
        outcome = Scenario(world, seed, place, kinds, name).run()
        if outcome.wrong:
            console.print(
                f"{name}: {'; '.join(kinds)}, seed {seed}: {outcome.wrong}", highlight=False
            )
            return True
    console.print(f"[bold red]{name}: not noticed[/] in {len(numbers)} scenarios", highlight=False)
    return False


def _tell(outcome: Outcome) -> None:
    verdict = outcome.wrong or "equal"
    console.print(
        f"seed {outcome.seed}: {outcome.workers} workers, {'; '.join(outcome.faults)}: {verdict} "
        f"({outcome.seconds:.0f} s, {sum(outcome.deaths.values())} ended)",
        highlight=False,
    )


def _summary(outcomes: list[Outcome]) -> None:
    faults, survived = Counter[str](), Counter[str]()
    for outcome in outcomes:
        faults.update(outcome.faults)
        survived.update(() if outcome.wrong else outcome.faults)
    table = Table(
        "fault", *(Column(of, justify="right") for of in ("scenarios", "survived")), box=None
    )
    for kind in KINDS:
        table.add_row(kind, f"{faults[kind]}", f"{survived[kind]}")
    console.print(table)
    for kind, why in impossible_here().items():
        console.print(f"not tried here: {kind}, because {why}")
    _show_rows(outcomes)
    deaths = sum((outcome.deaths for outcome in outcomes), Counter[str]())
    for what, count in sum((outcome.seen for outcome in outcomes), Counter[str]()).items():
        console.print(f"{count:6,} {what}", highlight=False)
    for how, count in deaths.most_common():
        console.print(f"{count:6} × worker {how}", highlight=False)


def _show_rows(outcomes: list[Outcome]) -> None:
    reports = [outcome.report for outcome in outcomes if outcome.report]
    messages = sum(sum(report.records.values()) for report in reports)
    found = [table for report in reports for table in report.tables.values()]
    wrong = Counter[str]()
    for table in found:
        wrong.update({str(kind): count for kind, count in table.wrong.items()})
    left_out = sum(sum(report.skipped.values()) for report in reports)
    rows = sum(table.expected for table in found)
    console.print(
        f"{len(outcomes)} scenarios, {messages:,} messages, {rows:,} rows checked ({left_out} users left out): "
        f"lost {wrong['missing']}, invented {wrong['extra']}, different {wrong['differing']}, "
        f"doubled {wrong['doubled']}",
        highlight=False,
    )


if __name__ == "__main__":
    main()
