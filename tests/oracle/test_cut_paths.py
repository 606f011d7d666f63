"""A path is cut to its newest touches; the version counts those that were cut as well, so the same row stands.

Defined in docs/definitions.md §4.4, §4.7.
"""

from random import Random

from oracle.conftest import Arena
from oracle.examples import seeds
from oracle.messages import Logs, encoded
from oracle.records import DAY, SECOND, at, click, pay, save, view
from oracle.schedule import run
from oracle.worker import Worker
from streams.settings import Settings
from verify.expected import Rules

PAID = at("2024-06-18 20:00")
SETTINGS = Settings(allowed_lateness_days=365)


@seeds(2)
def test_more_touches_than_a_path_holds(arena: Arena, seed: int) -> None:
    arena.clear()
    rng = Random(seed)
    times = rng.sample(range(PAID - 30 * DAY, PAID, SECOND), 700)
    events = [view(time, rng.choice(["n1", "n2"]), promoted=bool(time % 3)) for time in times]
    events += [save(time + 1, "n1") for time in rng.sample(times, 30)]
    clicks = [click(time + 2, "n2", item_id=rng.choice(["i1", "i2"])) for time in times[:40]]
    events += clicks
    events += [
        click(
            rng.choice(times), "n2", **{name: one.record[name] for name in ("click_id", "item_id")}
        )
        for one in rng.choices(clicks, k=20)
    ]
    events += [pay(PAID - days * DAY, f"s{days}") for days in (0, 1, 25)]
    rng.shuffle(events)
    worker = Worker(SETTINGS, Logs(map(encoded, events), 1), arena.writer, arena.folder)
    run(rng, worker, batch_records=60)
    assert arena.verify(worker.journal, Rules.of(SETTINGS)) == 0
    cut = "SELECT countIf(path_truncated), countIf(NOT path_truncated) FROM conversions FINAL"
    assert arena.client.execute(cut) == [(2, 1)]
