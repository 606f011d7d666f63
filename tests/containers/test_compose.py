"""The README's way to run it with Docker, and what an operator may do to it afterwards."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.request import urlopen

import pytest
from cli.commands import Zhongcao
from compose import ROOT, Stack, eventually

from schemas.topics import SOURCE_TOPICS

pytestmark = pytest.mark.timeout(1800)

EVENTS = 20_000
#: Traffic of weeks is published in seconds: one topic may run ahead of another by days.
LATENESS_DAYS = 60
VIEWS = ("current_touches", "current_order_events", "current_journeys", "current_conversions")
[README] = re.findall(
    r"^```shell\n([^`]*up --build[^`]*)^```$", (ROOT / "README.md").read_text(), re.M | re.S
)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Zhongcao:
    """The generator's traffic as one process without Kafka makes rows of it, in the folder `data`."""
    zhongcao = Zhongcao(tmp_path_factory.mktemp("alone"))
    zhongcao.ok("generate", "--events", str(EVENTS), "--output", "events.jsonl")
    lateness = ("--allowed-lateness-days", str(LATENESS_DAYS))
    zhongcao.ok("replay", "events.jsonl", "--format", "jsonl", "--embedded", "data", *lateness)
    return zhongcao


@pytest.fixture(scope="module")
def running(stack: Stack) -> Stack:
    """The stack, after the README's commands."""
    stack.environ |= {
        "GENERATE_EVENTS": str(EVENTS),
        # That of `alone`.
        "GENERATE_UNTIL": "2025-07-15",
        "ZHONGCAO_ALLOWED_LATENESS_DAYS": str(LATENESS_DAYS),
    }
    stack.shell(README)
    return stack


def digests(sql: Callable[[str], str]) -> list[str]:
    """Rows, and a sum over all that is in them, of each view."""
    query = "SELECT count(), sum(sipHash64(toString(tuple(* EXCEPT (published_at))))) FROM"
    return [sql(f"{query} {view}").strip() for view in VIEWS]


def workers(stack: Stack) -> list[dict[str, Any]]:
    """Containers of the two that there are by default."""
    return stack.containers("worker-1") + stack.containers("worker-2")


def views(users: list[str], at: int) -> list[dict[str, Any]]:
    common = {"topic": "note-views", "note_id": "n", "brand_id": "b", "occurred_at": at}
    return [common | {"user_id": user, "surface": "SEARCH", "promoted": False} for user in users]


def publish_views(stack: Stack, name: str) -> Callable[[], str]:
    """Publish a view of users in all partitions; returns what counts those in ClickHouse, of 64."""
    newest = int(stack.sql("SELECT toUnixTimestamp64Milli(max(occurred_at)) FROM current_touches"))
    stack.publish(views([f"{name}-{number}" for number in range(64)], newest))
    count = f"SELECT count() FROM current_touches WHERE startsWith(user_id, '{name}-')"
    return lambda: stack.sql(count)


def test_two_workers_write_the_rows_of_one(running: Stack, alone: Zhongcao) -> None:
    assert len(workers(running)) == 2
    wanted = digests(lambda query: alone.ok("sql", "--embedded", "data", query))
    eventually(lambda: digests(running.sql), wanted)
    assert running.sql("SELECT count() FROM current_dead_letters") == "0"


def test_the_contracts_are_in_the_registry(running: Stack) -> None:
    url = f"http://127.0.0.1:{running.environ['REGISTRY_PORT']}/apis/ccompat/v7/subjects"
    with urlopen(url, timeout=30) as answer:
        assert set(json.load(answer)) == {f"{topic}-value" for topic in SOURCE_TOPICS}


def test_metrics_of_each_worker_can_be_read(running: Stack) -> None:
    for name in ("FIRST_WEB_PORT", "SECOND_WEB_PORT"):
        with urlopen(f"http://127.0.0.1:{running.environ[name]}/metrics", timeout=30) as answer:
            assert b"zhongcao_" in answer.read()


def test_the_doctor_finds_nothing_wrong(running: Stack) -> None:
    told = running.compose("run", "--rm", "-T", "--env", "COLUMNS=200", "worker-1", "doctor")
    assert "failed" not in told
    assert "pip install 'zhongcao[embedded]'" in told


def test_it_goes_on_where_it_was_when_it_is_down_and_up_again(running: Stack) -> None:
    before = digests(running.sql)
    inserted = int(running.sql("SELECT count() FROM touches"))
    query = (
        "SELECT user_id, brand_id, item_id, toUnixTimestamp64Milli(occurred_at), click_id"
        " FROM current_touches WHERE kind = 'click' ORDER BY occurred_at DESC LIMIT 1"
    )
    user, brand, item, clicked_at, click = running.sql(query).split("\t")

    running.compose("down")
    running.compose("up", "--wait")

    assert digests(running.sql) == before
    payment = {
        "topic": "taobao-purchases", "user_id": user, "brand_id": brand, "item_id": item,
        "occurred_at": int(clicked_at) + 1, "txn_id": "new", "order_id": "new", "sub_order_id": "new",
        "shop_id": "shop", "quantity": 1, "kind": "PAY", "amount_fen": 100,
    }  # fmt: skip
    running.publish([payment])
    path = (
        "SELECT path.click_id[-1], newest_item_click_at = path.occurred_at[-1]"
        " FROM current_conversions WHERE sub_order_id = 'new'"
    )
    eventually(lambda: running.sql(path), f"{click}\t1")
    # Batches that are read again would be inserted again.
    assert int(running.sql("SELECT count() FROM touches")) <= inserted


def test_more_and_fewer_workers_share_what_there_is(running: Stack) -> None:
    [example] = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/containers.md").read_text(), re.S)
    override = running.folder / "docker-compose.override.yml"
    override.write_text(example)
    running.compose("up", "--wait", "--no-recreate")
    assert len(running.containers("worker-3")) == 1
    eventually(publish_views(running, "three"), "64", seconds=180)
    running.compose("rm", "--force", "--stop", "worker-3")
    override.unlink()
    eventually(publish_views(running, "two"), "64", seconds=240)


def test_a_worker_that_is_recreated_gets_its_partitions_back(running: Stack) -> None:
    told = "partitions assigned"
    before = running.compose("logs", "worker-1").count(told)
    running.compose("up", "--wait", "--no-deps", "--force-recreate", "worker-2")
    eventually(publish_views(running, "recreated"), "64", seconds=180)
    assert running.compose("logs", "worker-1").count(told) == before


def test_another_worker_takes_over_from_one_that_was_killed(running: Stack) -> None:
    running.docker("kill", running.containers("worker-2")[0]["Id"])
    count = publish_views(running, "killed")
    eventually(count, "64", seconds=240)
    running.compose("up", "--wait", "--no-recreate")
    assert len(workers(running)) == 2


def test_clickhouse_asks_for_the_password_from_this_machine_too(
    running: Stack, alone: Zhongcao
) -> None:
    address = {
        "ZHONGCAO_CLICKHOUSE_PORT": running.environ["CLICKHOUSE_PORT"],
        "ZHONGCAO_CLICKHOUSE_HTTP_PORT": running.environ["CLICKHOUSE_HTTP_PORT"],
        "ZHONGCAO_CLICKHOUSE_USER": "zhongcao",
    }
    password = (running.folder / ".env").read_text().strip().partition("=")[2]
    known = alone("sql", "SELECT 1", **address, ZHONGCAO_CLICKHOUSE_PASSWORD=password)
    assert known.stdout == "1\n", known.stderr
    assert "Authentication failed" in alone.fails("sql", "SELECT 1", **address)


def test_only_this_machine_is_served(running: Stack) -> None:
    bindings = [
        binding
        for service in ("kafka", "schema-registry", "clickhouse", "worker-1", "worker-2")
        for container in running.containers(service)
        for ports in container["HostConfig"]["PortBindings"].values()
        for binding in ports
    ]
    assert len(bindings) == 6
    assert {binding["HostIp"] for binding in bindings} == {"127.0.0.1"}


@pytest.mark.parametrize("service", ["kafka", "schema-registry", "clickhouse"])
def test_a_service_may_do_little(running: Stack, service: str) -> None:
    [container] = running.containers(service)
    assert container["HostConfig"]["ReadonlyRootfs"]
    assert container["HostConfig"]["CapDrop"] == ["ALL"]
    assert container["HostConfig"]["SecurityOpt"] == ["no-new-privileges:true"]
    assert container["HostConfig"]["PidsLimit"] in (1024, 8192)
    status = running.compose("exec", "-T", service, "cat", "/proc/1/status")
    found = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert int(found["CapEff"], 16) == 0
    assert found["NoNewPrivs"] == "1"
    assert "0" not in found["Uid"].split()


def test_a_worker_may_do_little(running: Stack) -> None:
    for container in workers(running):
        assert container["Config"]["User"] == "10001:10001"
        assert container["HostConfig"]["ReadonlyRootfs"]
        assert container["HostConfig"]["CapDrop"] == ["ALL"]
        assert container["HostConfig"]["SecurityOpt"] == ["no-new-privileges:true"]
        assert container["HostConfig"]["Memory"] == 1 << 30


@pytest.mark.real_clickhouse
def test_analysts_ask_with_clickhouse_client(running: Stack) -> None:
    query = "SELECT count() FROM zhongcao.current_touches"
    asked = running.compose("exec", "-T", "clickhouse", "clickhouse-client", "--query", query)
    assert asked.strip() == running.sql(query)


@pytest.mark.real_clickhouse
def test_the_release_is_that_of_the_image(running: Stack) -> None:
    release = running.environ["CLICKHOUSE_IMAGE"].rpartition(":")[2]
    assert running.sql("SELECT version()").startswith(release)
