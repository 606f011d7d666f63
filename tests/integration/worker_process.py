"""`zhongcao worker` as an operator runs it: a process with a settings file."""

import json
import subprocess
from pathlib import Path

from cli.commands import EXECUTABLE, environment


def serve_from(config: Path, folder: Path) -> None:
    """Point the settings at the ClickHouse server of a folder."""
    lock = json.loads(next(folder.glob("*.lock")).read_text())
    with config.open("a") as file:
        file.write(f"clickhouse_port = {lock['native_port']}\n")
        file.write(f"clickhouse_http_port = {lock['http_port']}\n")


def worker(config: Path, data_dir: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [EXECUTABLE, "worker", "--config", str(config)],
        cwd=config.parent,
        env=environment({"ZHONGCAO_DATA_DIR": data_dir}),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
