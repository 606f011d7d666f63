"""What a worker tells its operators: probes, metrics and log lines, on a real broker."""

import signal

import pytest
from operated import TIMEOUT_S, Operated, eventually, publish, records_in
from workers.serving import total, value

from schemas.topics import SOURCE_TOPICS
from streams.settings import Settings

PASSWORD = "correct-horse-battery"


def test_probes_and_metrics_of_a_worker_that_catches_up(
    operated: Operated, settings: Settings
) -> None:
    publish(operated)
    published = records_in(settings)

    def is_at_the_end() -> bool:
        found = operated.scrape()
        return (
            total(found, "zhongcao_records_total") >= published.total()
            and total(found, "zhongcao_consumer_lag_records") == 0
        )

    with operated.worker() as process:
        eventually(lambda: operated.get("/ready")[0] == 200, process)
        assert operated.get("/health")[0] == 200
        eventually(is_at_the_end, process)
        found = operated.scrape()
        process.send_signal(signal.SIGTERM)
        assert process.wait(TIMEOUT_S) == 0
    assert {
        topic: value(found, "zhongcao_records_total", topic=topic) for topic in SOURCE_TOPICS
    } == published
    assert value(found, "zhongcao_safe_records_total") == published.total()
    assert value(found, "zhongcao_partitions_assigned") == settings.partitions
    assert value(found, "zhongcao_ready") == value(found, "zhongcao_healthy") == 1
    assert {"worker started", "partitions assigned", "first round", "worker stopped"} <= {
        line["message"] for line in operated.lines()
    }


def test_debug_lines_are_json_too(operated: Operated) -> None:
    with operated.worker(ZHONGCAO_LOG_LEVEL="debug") as process:
        eventually(lambda: operated.get("/ready")[0] == 200, process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(TIMEOUT_S) == 0
    assert {"debug", "info"} <= {line["level"] for line in operated.lines()}


@pytest.mark.parametrize(
    ("port", "told"), [(None, "refused the ping: code 516"), (1, "did not take the ping")]
)
def test_a_worker_that_fails_says_so_in_its_log_and_never_its_password(
    operated: Operated, port: int | None, told: str
) -> None:
    environ = {"ZHONGCAO_CLICKHOUSE_PASSWORD": PASSWORD, "ZHONGCAO_LOG_LEVEL": "debug"}
    if port:
        environ["ZHONGCAO_CLICKHOUSE_PORT"] = str(port)
    with operated.worker(**environ) as process:
        assert process.wait(TIMEOUT_S) == 1
    [line] = [line for line in operated.lines() if line["level"] == "critical"]
    assert line["message"].startswith("worker failed: ClickHouse at 127.0.0.1:")
    assert told in line["message"]
    assert PASSWORD not in (operated.folder / "worker.log").read_text()
