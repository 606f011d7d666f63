"""What a rebalance needs is there before partitions can be assigned."""

from pathlib import Path

from schemas.codec import Codec
from schemas.registry import DirectoryRegistry
from sinks.memory import MemorySink
from streams.app import App
from streams.partitions import Partitions
from streams.settings import Settings


def test_the_changelog_is_older_than_the_consumer_and_the_outbox_younger(tmp_path: Path) -> None:
    """Services start in this order and stop in the reverse."""
    settings = Settings(data_dir=tmp_path)
    app = App(settings, Partitions(settings, Codec(DirectoryRegistry())), MemorySink())
    services = list(app.on_init_dependencies())
    order = [services.index(one) for one in (app.kafka_log, app.consumer, app.outbox)]
    assert order == sorted(order)
