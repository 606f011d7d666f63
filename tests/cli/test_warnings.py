"""Warnings of a command are for people, and count in what it ends with."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from streams.cli.topics import topics
from streams.kafka import topics as admin

WARN = """
import logging
from streams.cli.console import log_warnings
log_warnings()
logging.getLogger("streams.kafka.topics").info("nothing")
logging.getLogger("streams.kafka.topics").warning("Set it.")
"""


def test_a_warning_has_no_name_of_a_logger() -> None:
    done = subprocess.run([sys.executable, "-c", WARN], capture_output=True, text=True, timeout=60)
    assert done.stderr == "WARNING: Set it.\n"


@pytest.mark.parametrize(
    ("warnings", "told"),
    [(0, "are as they must be."), (1, "usable, with 1 warning."), (2, "usable, with 2 warnings.")],
)
def test_topics_are_usable_with_warnings(
    monkeypatch: pytest.MonkeyPatch, warnings: int, told: str
) -> None:
    monkeypatch.setattr(admin, "check", lambda settings: warnings)
    done = CliRunner().invoke(topics, ["check"])
    assert done.exit_code == 0
    assert " ".join(done.output.split()).endswith(told)
