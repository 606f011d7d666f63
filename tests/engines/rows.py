"""Tables with rows for every view: what a worker makes of a random history, and what a model makes of that."""

from pathlib import Path
from random import Random

from oracle.histories import Shape, by_arrival, history, published
from oracle.messages import Logs
from oracle.worker import Worker

from attribution.question import Dimension, Model, Question
from attribution.runs import run
from sinks.connection import ClickHouse
from sinks.writer import Writer
from streams.settings import Settings

SETTINGS = Settings(lookback_days=30, allowed_lateness_days=3)
BATCH_RECORDS = 100


def fill(place: ClickHouse, folder: Path) -> None:
    """Write rows into the empty tables of a database, always the same ones. folder: for the state of the worker."""
    rng = Random(1)
    shape = Shape(users=60, events=12, span_days=60, lookback_days=SETTINGS.lookback_days)
    events = by_arrival(rng, history(rng, shape), SETTINGS.allowed_lateness_days)
    with Writer(place) as writer:
        worker = Worker(SETTINGS, Logs(published(rng, events), partitions=3), writer, folder)
        worker.drain(BATCH_RECORDS)
        worker.close()
    for model, by in ((Model.MARKOV, Dimension.NOTE), (Model.SHAPLEY, Dimension.KIND)):
        run(place, Question(model, by, brand=None, since=None, until=None, lookback_days=30))
