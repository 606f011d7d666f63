"""Random orders of a worker's steps: any cuts, any interleaving of topics, writes, commits and crashes anywhere."""

from random import Random

from oracle.messages import Log
from oracle.worker import Worker


def run(rng: Random, *workers: Worker, batch_records: int = 200, crashes: float = 0.0) -> None:
    """Take random steps with random workers until all is read, written and committed.

    crashes: how many of the steps begin with a crash, as a share.
    """
    while unfinished := [worker for worker in workers if worker.unread()]:
        _step(rng, rng.choice(unfinished), batch_records, crashes)
    for worker in workers:
        worker.write()
        worker.commit()
        worker.close()


def _step(rng: Random, worker: Worker, batch_records: int, crashes: float) -> None:
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
