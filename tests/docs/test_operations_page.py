"""docs/operations.md tells every metric with its labels and meaning, and its alerts ask for metrics that exist."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from prometheus_client.metrics_core import Metric
from workers.serving import AnsweringSink, Served
from workers.workbench import Workbench

from streams.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs/operations.md").read_text()
ALERT = re.compile(r"^\| ([A-Z]\w+) \| `([^|]+)` \| (\d+[mh])? ?\| ([^|]+) \|$", re.MULTILINE)
#: Labels that Prometheus adds.
TARGET = {"instance", "job"}


@pytest.fixture
def metrics(bench: Workbench) -> list[Metric]:
    sink = AnsweringSink()
    return list(Served(bench.worker(sink), sink).registry.collect())


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path)


def shown(metric: Metric) -> str:
    """The name as a scrape has it."""
    return f"{metric.name}_total" if metric.type == "counter" else metric.name


def test_every_metric_with_its_labels_and_meaning(metrics: list[Metric]) -> None:
    told = re.findall(r"^\| `(zhongcao_\w+)` \| ([\w, ]*)\| ([^|]+) \|$", PAGE, re.MULTILINE)
    assert [(name, labels.strip(), text) for name, labels, text in told] == [
        (shown(metric), ", ".join(metric._labelnames), metric.documentation)
        for metric in metrics
        if metric.name.startswith("zhongcao_")
    ]


def test_what_the_process_tells(metrics: list[Metric]) -> None:
    told = set(re.findall(r"`(process_\w+)`", PAGE))
    assert told == {shown(metric) for metric in metrics if metric.name.startswith("process_")}


def test_alerts_ask_for_what_exists(metrics: list[Metric]) -> None:
    known = {shown(metric) for metric in metrics} | {"up"}
    labels = {label for metric in metrics for label in metric._labelnames}
    alerts = ALERT.findall(PAGE)
    assert len(alerts) == len(re.findall(r"^\| [A-Z]\w+ \|", PAGE, re.MULTILINE)) > 10
    for name, expression, _, why in alerts:
        asked = set(re.findall(r"\b(?:zhongcao|process)_\w+|\bup\b", expression))
        assert asked, name
        assert asked <= known, name
        groups = re.findall(r"\b(?:by|on|group_left) \(([\w, ]+)\)", expression)
        matched = re.findall(r"(\w+)!?=\"", expression)
        used = {label for group in groups for label in group.split(", ")} | set(matched)
        assert used <= labels | TARGET, name
        assert why


def test_settings_that_it_names_exist() -> None:
    named = set(re.findall(r"`((?:web|stuck|stop|log|allowed)_\w+)", PAGE))
    assert len(named) >= 6
    assert named <= {field.name for field in fields(Settings)}
