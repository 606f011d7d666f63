"""What the fixtures give to tests."""

from collections.abc import Callable
from http.client import HTTPMessage
from pathlib import Path
from typing import NamedTuple

from clickhouse_driver import Client

ROOT = Path(__file__).parents[3]

Connect = Callable[..., Client]
Run = Callable[[str], str]


class Reply(NamedTuple):
    """An HTTP response."""

    status: int
    headers: HTTPMessage
    text: str


Request = Callable[..., Reply]
