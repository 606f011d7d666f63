"""A signal stops a worker in order: everything processed is safe and committed; or it stops at once."""

import os
import signal
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from cli.commands import Zhongcao
from operated import TIMEOUT_S, Operated, committed, eventually, members, publish, records_in
from workers.serving import total

from streams.settings import Settings


def test_what_was_processed_before_the_signal_is_committed_and_not_read_again(
    operated: Operated, settings: Settings
) -> None:
    def stopped() -> int:
        [line] = [line for line in operated.lines() if line["message"] == "worker stopped"]
        assert line["safe_records"] == line["records"]
        count: int = line["records"]
        return count

    publish(operated)
    # Nothing is written before the stop: what is safe then was made so by the stop.
    with operated.worker(ZHONGCAO_SINK_LINGER_MS="60000") as process:
        eventually(lambda: total(operated.scrape(), "zhongcao_records_total") > 0, process)
        process.send_signal(signal.SIGINT)
        assert process.wait(TIMEOUT_S) == 0
    first = stopped()
    assert 0 < first <= committed(settings)
    assert members(settings) == []

    publish(operated)
    published = records_in(settings).total()
    with operated.worker() as process:
        eventually(
            lambda: total(operated.scrape(), "zhongcao_safe_records_total") >= published - first,
            process,
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(TIMEOUT_S) == 0
    assert first + stopped() == published


@pytest.fixture
def frozen(operated: Operated) -> Iterator[Callable[[], None]]:
    """A ClickHouse of its own for the workers, with something to write, and a call that makes it hang."""
    publish(operated)
    zhongcao = Zhongcao(operated.folder)
    with zhongcao.serving("ch", "--port", "0", "--http-port", "0") as server:
        served = zhongcao.served("ch")
        operated.environ |= {**served, "ZHONGCAO_CLICKHOUSE_DATABASE": "zhongcao"}
        yield lambda: os.kill(server.pid, signal.SIGSTOP)
        os.kill(server.pid, signal.SIGCONT)
        # It must have woken up before it is told to stop.
        with urllib.request.urlopen(
            f"http://127.0.0.1:{served['ZHONGCAO_CLICKHOUSE_HTTP_PORT']}/ping", timeout=TIMEOUT_S
        ):
            pass


@pytest.mark.parametrize(
    ("timeout_s", "signals", "code", "told"),
    [
        ("8", [signal.SIGTERM], 1, "the stop took too long"),
        ("3600", [signal.SIGTERM, signal.SIGTERM], 128 + signal.SIGTERM, "stopping"),
        ("3600", [signal.SIGTERM, signal.SIGINT], 128 + signal.SIGINT, "stopping"),
    ],
)
def test_a_stop_that_cannot_end(
    operated: Operated,
    frozen: Callable[[], None],
    timeout_s: str,
    signals: list[signal.Signals],
    code: int,
    told: str,
) -> None:
    slow = {"ZHONGCAO_STOP_TIMEOUT_S": timeout_s, "ZHONGCAO_SINK_LINGER_MS": "60000"}
    with operated.worker(**slow) as process:
        eventually(lambda: total(operated.scrape(), "zhongcao_outbox_rows") > 0, process)
        frozen()
        for number in signals:
            process.send_signal(number)
            eventually(lambda: process.poll() is not None or operated.has_told("stopping"), process)
        assert process.wait(TIMEOUT_S) == code
    assert operated.has_told(told)
    assert not operated.has_told("worker stopped")
    for line in operated.lines():
        if line["message"].startswith("the stop took too long"):
            assert any("Outbox._write:" in each for each in line["waits"])


def test_a_worker_leaves_the_group_while_clickhouse_is_silent(
    operated: Operated, settings: Settings, frozen: Callable[[], None]
) -> None:
    patient = {"ZHONGCAO_STOP_TIMEOUT_S": "100", "ZHONGCAO_SINK_LINGER_MS": "60000"}
    with operated.worker(**patient) as process:
        eventually(lambda: total(operated.scrape(), "zhongcao_outbox_rows") > 0, process)
        frozen()
        process.send_signal(signal.SIGTERM)
        assert process.wait(TIMEOUT_S) == 0
    assert members(settings) == []
    assert operated.has_told("rows that could not be written in time are let go")
    assert operated.has_told("worker stopped")
