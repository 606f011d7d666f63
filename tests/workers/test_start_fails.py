"""A worker whose broker goes away between the checks and the start says so."""

import subprocess
import sys
from pathlib import Path

#: Kafka was there when the topics were checked, and is not when the worker connects.
WORKER = """
import sys
from pathlib import Path
from streams import worker
from streams.settings import Settings
from streams.cli.console import explained

for check in ("check_for_worker", "check_lookback"):
    setattr(worker, check, lambda *_: None)
worker.Writer.ping = lambda _: None
settings = Settings(broker="kafka://127.0.0.1:1", web_port=0, data_dir=Path(sys.argv[1]))
with explained():
    worker.run(settings)
"""


def test_kafka_is_gone_after_the_checks(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WORKER, str(tmp_path)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1
    [sentence] = [line for line in done.stderr.splitlines() if "error: " in line]
    assert "zhongcao-state-changelog could not be reached" in sentence
    assert "Nothing is lost, start the worker again." in sentence
    assert "Traceback" not in done.stderr
