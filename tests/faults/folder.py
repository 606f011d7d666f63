"""python -m faults.folder: replays in a folder are interrupted, done over, and their tables compared.

Each try draws from its seed what strikes a replay and when, one to three times; then the same replay runs undisturbed.
Its tables must be those of a replay that nothing struck, row for row.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

import click

ZHONGCAO = Path(sys.executable).with_name("zhongcao")
TABLES = ("current_touches", "current_order_events", "current_journeys", "current_conversions")
#: Before it, a signal comes to Python, which has not come to its first line of ours yet.
STARTED_S = 0.1
#: A stop by a signal takes no longer.
STOP_S = 20.0
#: Some, but not all of a run have room in it; what enlarges it comes afterwards.
SMALL_DISK, LARGE_DISK = range(2, 14), "512m"


@dataclass(frozen=True, slots=True)
class Given:
    """What is replayed. seconds: that it takes undisturbed. tables: what it comes to."""

    file: Path
    folder: Path
    seconds: float
    tables: str


@dataclass(slots=True)
class Try:
    """One try. wrong: what is wrong, empty if nothing is. ends: how the struck runs ended. stops: s, after a signal."""

    seed: int
    kinds: list[str] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    stops: list[float] = field(default_factory=list)
    wrong: str = ""


Strike = Callable[[random.Random, Given, Path, Try], None]


def replay(file: Path, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [ZHONGCAO, "replay", file, "--format", "jsonl", "--embedded", folder],
        env={k: v for k, v in os.environ.items() if not k.startswith("ZHONGCAO_")},
        stderr=subprocess.PIPE,
        text=True,
    )


def tables_of(folder: Path) -> str:
    """Number and digest of the rows of each table."""
    each = (
        f"SELECT '{name}' AS name, count(), sum(sipHash64(toString(tuple(* EXCEPT (published_at))))) FROM {name}"
        for name in TABLES
    )
    query = f"SELECT * FROM ({' UNION ALL '.join(each)}) ORDER BY name"
    done = subprocess.run(
        [ZHONGCAO, "sql", "--embedded", folder, query], capture_output=True, text=True, check=True
    )
    return done.stdout


def prepare(folder: Path, events: int, days: int) -> Given:
    """Generate a file and replay it undisturbed."""
    file = folder / "events.jsonl"
    size = ["--events", str(events), "--days", str(days), "--late-share", "0.002"]
    subprocess.run([ZHONGCAO, "generate", *size, "-o", file], check=True, capture_output=True)
    started = time.monotonic()
    process = replay(file, folder / "undisturbed")
    assert (process.communicate()[1], process.returncode)[1] == 0
    seconds = time.monotonic() - started
    return Given(file, folder, seconds, tables_of(folder / "undisturbed"))


def _signalled(*numbers: signal.Signals, allowed: Sequence[int]) -> Strike:
    def strike(rng: random.Random, given: Given, place: Path, found: Try) -> None:
        process = replay(given.file, place)
        time.sleep(rng.uniform(STARTED_S, 1.05 * given.seconds))
        signalled = time.monotonic()
        for number in numbers:
            process.send_signal(number)
            time.sleep(rng.uniform(0, 0.3) if len(numbers) > 1 else 0)
        said = process.communicate(timeout=STOP_S)[1]
        found.stops.append(time.monotonic() - signalled)
        found.ends.append(f"exit {process.returncode}")
        assert process.returncode in (0, *allowed), f"exit {process.returncode}: {said[-2000:]}"
        assert "Traceback" not in said, said[-3000:]

    return strike


def fills_the_disk(rng: random.Random, given: Given, place: Path, found: Try) -> None:
    """The folder is on a small disk, which is enlarged afterwards."""
    _mount("-o", f"remount,size={rng.choice(SMALL_DISK)}m", place)
    process = replay(given.file, place)
    said = process.communicate()[1]
    _mount("-o", f"remount,size={LARGE_DISK}", place)
    found.ends.append(f"exit {process.returncode}")
    assert process.returncode in (0, 1), f"exit {process.returncode}: {said[-2000:]}"
    assert "Traceback" not in said, said[-3000:]


INT, TERM, KILL = signal.SIGINT, signal.SIGTERM, signal.SIGKILL
KINDS: dict[str, Strike] = {
    "killed": _signalled(KILL, allowed=(-KILL,)),
    "terminated": _signalled(TERM, allowed=(143, -TERM)),
    "interrupted": _signalled(INT, allowed=(130, -INT)),
    "interrupted twice": _signalled(INT, INT, allowed=(130, -INT)),
    "terminated, then killed": _signalled(TERM, KILL, allowed=(143, -TERM, -KILL)),
    "disk full": fills_the_disk,
}
#: The kind that needs a small disk of its own.
DISK_FULL = "disk full"


def why_no_disk() -> str:
    """Why no small disk can be had; empty if it can."""
    return "" if os.geteuid() == 0 else "only root can mount a small disk"


def _mount(*args: object) -> None:
    subprocess.run(["mount", *map(str, args)], check=True)


@contextmanager
def _place(folder: Path, kinds: Sequence[str]) -> Iterator[Path]:
    if DISK_FULL not in kinds:
        yield folder
        return
    _mount("-t", "tmpfs", "-o", f"size={LARGE_DISK}", "tmpfs", folder)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def attempt(given: Given, seed: int, kinds: Sequence[str] = ()) -> Try:
    """Strike, do it over, and compare. kinds: what strikes, drawn if none are given."""
    rng = random.Random(seed)
    possible = [kind for kind in KINDS if kind != DISK_FULL or not why_no_disk()]
    found = Try(seed, list(kinds) or rng.choices(possible, k=rng.choice((1, 1, 2, 3))))
    with _place(Path(mkdtemp(prefix=f"seed-{seed}-", dir=given.folder)), found.kinds) as place:
        try:
            for kind in found.kinds:
                KINDS[kind](rng, given, place, found)
            process = replay(given.file, place)
            said = process.communicate()[1]
            assert process.returncode == 0, f"exit {process.returncode}: {said[-2000:]}"
            tables = tables_of(place)
            found.wrong = "" if tables == given.tables else f"{tables} instead of {given.tables}"
        except (AssertionError, subprocess.SubprocessError) as error:
            found.wrong = str(error)
    return found


@click.command()
@click.option("--tries", default=20, type=click.IntRange(min=1), show_default=True)
@click.option("--first", default=1, show_default=True, help="Seed of the first.")
@click.option("--events", default=60_000, type=click.IntRange(min=1), show_default=True)
@click.option("--days", default=120, show_default=True)
@click.option("--kind", "kinds", multiple=True, type=click.Choice(list(KINDS)), help="Only these.")
def main(tries: int, first: int, events: int, days: int, kinds: tuple[str, ...]) -> None:
    """Interrupt replays; exit 1 if the tables are wrong after one."""
    given = prepare(Path(mkdtemp(prefix="folder-faults-")), events, days)
    print(f"{events:,} events in {given.seconds:.1f} s:\n{given.tables}")
    struck, survived, ends = Counter[str](), Counter[str](), Counter[str]()
    stops = [0.0]
    for seed in range(first, first + tries):
        found = attempt(given, seed, kinds)
        struck.update(found.kinds)
        survived.update(() if found.wrong else found.kinds)
        stops += found.stops
        ends.update(f"{kind}: {end}" for kind, end in zip(found.kinds, found.ends, strict=False))
        print(f"seed {seed}: {', '.join(found.kinds)}: {found.wrong or 'equal'}", flush=True)
    for kind in KINDS:
        print(f"{kind:24} struck {struck[kind]:4}, survived {survived[kind]:4}")
    for end, count in sorted(ends.items()):
        print(f"{count:6} × {end}")
    print(f"the longest stop after a signal took {max(stops):.1f} s")
    if why := why_no_disk():
        print(f"not tried here: {DISK_FULL}, because {why}")
    sys.exit(struck != survived)


if __name__ == "__main__":
    main()
