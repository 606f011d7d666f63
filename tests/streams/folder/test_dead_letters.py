"""A run in a folder keeps dead letters in their table alone: in memory they would grow with the file."""

from collections.abc import Callable

CODE = """
from contextlib import contextmanager

from oracle.records import at, view
from schemas.topics import DEAD_LETTERS
from streams import embedded
from streams.settings import Settings
from streams.transport.memory import fresh_broker

brokers = []

@contextmanager
def watched():
    with fresh_broker() as (url, broker):
        brokers.append(broker)
        yield url, broker

embedded.fresh_broker = watched
noon = at("2026-06-01 12:00")
views = (view(noon + number, note_id="" if number % 2 else "n") for number in range(20))
embedded.drain(Settings(), folder, views)
[broker] = brokers
print(broker.backlog([DEAD_LETTERS]))
"""


def test_nothing_is_kept_of_what_is_in_the_table(apart: Callable[[str], str]) -> None:
    assert apart(CODE) == "0\n"
