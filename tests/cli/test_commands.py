"""Each command tells how it is used, and the small ones do what they say."""

import json
import subprocess
from pathlib import Path

from commands import EXECUTABLE, Zhongcao, environment


def test_the_same_seed_gives_the_same_events(zhongcao: Zhongcao) -> None:
    one, same, other = (
        zhongcao.ok("generate", "--events", "500", "--seed", seed) for seed in ("1", "1", "2")
    )
    assert one == same != other
    assert len(one.splitlines()) == 500
    assert "topic" in json.loads(one.splitlines()[0])


def test_generate_stops_when_nobody_reads_on(tmp_path: Path) -> None:
    with subprocess.Popen(
        [EXECUTABLE, "generate", "--events", "100000"],
        cwd=tmp_path,
        env=environment({}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""


def test_migrate_and_doctor_on_a_server(zhongcao: Zhongcao, tmp_path: Path) -> None:
    with zhongcao.serving("data", "--port", "0", "--http-port", "0"):
        served = zhongcao.served("data")
        config = tmp_path / "zhongcao.toml"
        config.write_text(
            f"clickhouse_port = {served['ZHONGCAO_CLICKHOUSE_PORT']}\n"
            f"clickhouse_http_port = {served['ZHONGCAO_CLICKHOUSE_HTTP_PORT']}\n"
            f"clickhouse_password = '{served['ZHONGCAO_CLICKHOUSE_PASSWORD']}'\n"
            'clickhouse_database = "other"\nbroker = "memory://none"\n'
        )
        before = zhongcao("doctor", "--config", "zhongcao.toml")
        assert before.returncode == 1
        assert "run `zhongcao migrate`" in " ".join(before.stdout.split())
        check = zhongcao("migrate", "--check", "--config", "zhongcao.toml")
        assert (check.returncode, check.stdout.count("\n")) == (1, 1)
        assert "there is no database other" in check.stdout
        assert "Run `zhongcao migrate`" in check.stderr
        assert "applied" in zhongcao.ok("migrate", "--config", "zhongcao.toml")
        assert "applied" not in zhongcao.ok("migrate", "--config", "zhongcao.toml")
        assert "failed" not in zhongcao.ok("doctor", "--config", "zhongcao.toml")
        assert "is up to date" in zhongcao.ok("migrate", "--check", "--config", "zhongcao.toml")
        zhongcao.ok("sql", "--config", "zhongcao.toml", "DROP VIEW other.funnel")
        check = zhongcao("migrate", "--check", "--config", "zhongcao.toml")
        assert (check.returncode, check.stdout) == (1, "view funnel is missing\n")
        assert "made view funnel" in zhongcao.ok("migrate", "--config", "zhongcao.toml")
        shown = zhongcao.ok("sql", "--config", "zhongcao.toml", "SELECT count() FROM journeys")
        assert shown == "0\n"
