"""Random orders of a worker's steps: any cuts, any interleaving of topics, writes, commits and crashes anywhere."""

from collections.abc import Callable, Sequence
from random import Random

from oracle.messages import Log
from oracle.worker import Worker

#: What others do to the tables while workers are at work, at any moment: ClickHouse merges them, or what joins facts
#: anew writes rows of its own. No row may hang on when.
Beside = Sequence[Callable[[], None]]


def run(
    rng: Random,
    *workers: Worker,
    batch_records: int = 200,
    crashes: float = 0.0,
    beside: Beside = (),
) -> None:
    """Take random steps with random workers until all is read, written and committed.

    crashes: how many of the steps begin with a crash, as a share.
    """
    while unfinished := [worker for worker in workers if worker.unread()]:
        if beside and rng.random() < 0.02:
            rng.choice(beside)()
        step(rng, rng.choice(unfinished), batch_records, crashes)
    for worker in workers:
        worker.write()
        worker.commit()
        worker.close()


def step(rng: Random, worker: Worker, batch_records: int = 200, crashes: float = 0.0) -> None:
    """One random step of a worker that has something to read."""
    if rng.random() < crashes:
        worker.crash(blocks_written=rng.choice([0, 0, 1, 2, 100]))
    what = rng.random()
    if what < 0.7:
        count = rng.choice([1, batch_records // 10, batch_records, batch_records])
        worker.read(one_round(rng, worker.unread()), count)
    elif what < 0.78:
        worker.write()
    else:
        worker.commit()


def one_round(rng: Random, unread: list[Log]) -> list[Log]:
    """Some logs of one partition, in any order."""
    _, partition = rng.choice(unread)
    ours = [log for log in unread if log[1] == partition]
    return rng.sample(ours, rng.randint(1, len(ours)))
