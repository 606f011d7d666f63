"""A worker on this machine, between Kafka and ClickHouse in containers of their own."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli.commands import EXECUTABLE, Zhongcao, environment
from clickhouse_driver import Client
from clickhouse_driver.errors import ServerException
from compose import eventually
from local_kafka import free_port
from testcontainers.community.clickhouse import ClickHouseContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import ExecWaitStrategy

pytestmark = pytest.mark.timeout(1800)

#: In a span this short no event can be too late, however fast the file is published.
TRAFFIC = ("--events", "3000", "--days", "3", "--late-share", "0")
AUTHENTICATION_FAILED = 516


@pytest.fixture(scope="module")
def broker(images: dict[str, str]) -> Iterator[str]:
    """host:port of Kafka in a container, with the variables of Apache's image."""
    port = free_port()
    container = (
        DockerContainer(images["KAFKA_IMAGE"])
        .with_bind_ports(9092, port)
        .with_envs(
            KAFKA_NODE_ID="1",
            KAFKA_PROCESS_ROLES="broker,controller",
            KAFKA_CONTROLLER_QUORUM_VOTERS="1@localhost:9093",
            KAFKA_CONTROLLER_LISTENER_NAMES="CONTROLLER",
            KAFKA_LISTENERS="CONTROLLER://localhost:9093,PLAINTEXT://:9092",
            KAFKA_ADVERTISED_LISTENERS=f"PLAINTEXT://127.0.0.1:{port}",
            KAFKA_LISTENER_SECURITY_PROTOCOL_MAP="CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR="1",
            KAFKA_HEAP_OPTS="-Xmx512m",
        )
        .waiting_for(ExecWaitStrategy(["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9092"]))
    )
    with container:
        yield f"127.0.0.1:{port}"


@pytest.fixture(scope="module")
def clickhouse(images: dict[str, str]) -> Iterator[ClickHouseContainer]:
    """ClickHouse in a container, with a user and a database of its own."""
    with ClickHouseContainer(
        images["CLICKHOUSE_IMAGE"], username="writer", password="s3cret", dbname="notes"
    ) as container:
        yield container


@pytest.fixture
def zhongcao(broker: str, clickhouse: ClickHouseContainer, tmp_path: Path) -> Zhongcao:
    """The command in a folder with settings for both, in `zhongcao.toml`."""
    settings = {
        "broker": f"kafka://{broker}",
        "clickhouse_port": clickhouse.get_exposed_port(9000),
        "clickhouse_http_port": clickhouse.get_exposed_port(8123),
        "clickhouse_user": "writer",
        "clickhouse_password": "s3cret",
        "clickhouse_database": "notes",
    }
    lines = [f"{name} = {value!r}\n" for name, value in settings.items()]
    (tmp_path / "zhongcao.toml").write_text("".join(lines))
    return Zhongcao(tmp_path)


@contextmanager
def worker(zhongcao: Zhongcao) -> Iterator[None]:
    """A worker while inside, which must stop in order."""
    process = subprocess.Popen(
        [EXECUTABLE, "worker", "--config", "zhongcao.toml"],
        cwd=zhongcao.folder,
        env=environment({}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield
    finally:
        process.terminate()
        _, told = process.communicate(timeout=60)
    assert process.returncode == 0, told


def test_a_worker_on_this_machine_writes_what_an_embedded_one_does(zhongcao: Zhongcao) -> None:
    config = ("--config", "zhongcao.toml")
    zhongcao.ok("generate", *TRAFFIC, "--output", "events.jsonl")
    zhongcao.ok("replay", "events.jsonl", "--format", "jsonl", "--embedded", "alone")
    zhongcao.ok("topics", "create", *config)
    zhongcao.ok("migrate", *config)
    zhongcao.ok("replay", "events.jsonl", "--format", "jsonl", *config)

    with worker(zhongcao):
        for view in ("touches", "order_events", "journeys", "conversions"):
            query = f"SELECT count(), sum(sipHash64(toString(tuple(* EXCEPT (published_at))))) FROM current_{view}"
            wanted = zhongcao.ok("sql", "--embedded", "alone", query)
            eventually(lambda query=query: zhongcao.ok("sql", *config, query), wanted)
    assert zhongcao.ok("sql", *config, "SELECT count() FROM current_dead_letters") == "0\n"


def test_only_who_has_the_password_gets_in(clickhouse: ClickHouseContainer) -> None:
    port = clickhouse.get_exposed_port(9000)
    with Client.from_url(clickhouse.get_connection_url()) as client:
        assert client.execute("SELECT currentDatabase()") == [("notes",)]
    with (
        Client("127.0.0.1", port=port, user="writer", password="guess") as client,
        pytest.raises(ServerException) as refused,
    ):
        client.execute("SELECT 1")
    assert refused.value.code == AUTHENTICATION_FAILED


@pytest.mark.real_clickhouse
def test_the_user_is_who_the_server_says(clickhouse: ClickHouseContainer) -> None:
    with Client.from_url(clickhouse.get_connection_url()) as client:
        assert client.execute("SELECT currentUser()") == [("writer",)]
