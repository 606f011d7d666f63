"""What docker-compose.yml says, without an engine."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from compose import ROOT, copy_sources
from images import official

from streams.settings import Settings

PASSWORD = {"CLICKHOUSE_PASSWORD": "s3cret"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A user's copy, without .env."""
    if shutil.which("docker") is None:
        pytest.skip("there is no docker command on this machine")
    if subprocess.run(["docker", "compose", "version"], capture_output=True).returncode:
        pytest.skip("there is no docker compose on this machine")
    copy_sources(tmp_path)
    return tmp_path


def config(folder: Path, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["docker", "compose", "--profile", "*", "config", "--format", "json"],
        cwd=folder,
        env={name: os.environ[name] for name in ("PATH", "HOME")} | environ,
        capture_output=True,
        text=True,
        timeout=60,
    )


def services(folder: Path, **environ: str) -> dict[str, Any]:
    done = config(folder, PASSWORD | environ)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)["services"]
    return found


def test_both_readmes_say_the_same() -> None:
    blocks = [
        re.findall(
            r"^```shell\n([^`]*up --build[^`]*)^```$", (ROOT / name).read_text(), re.M | re.S
        )
        for name in ("README.md", "README.zh-CN.md")
    ]
    assert blocks[0] == blocks[1] != []


@pytest.mark.parametrize("environ", [{}, {"CLICKHOUSE_PASSWORD": ""}])
def test_it_does_not_start_without_a_password(folder: Path, environ: dict[str, str]) -> None:
    refused = config(folder, environ)
    assert refused.returncode != 0
    assert (
        "CLICKHOUSE_PASSWORD is missing a value: set it in .env, see .env.example" in refused.stderr
    )


def test_the_example_of_env_holds_what_may_be_set(folder: Path) -> None:
    known = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    text = (ROOT / "docker-compose.yml").read_text()
    used = set(re.findall(r"\$\{([A-Z_]+)", text)) | set(
        re.findall(r"^ +(ZHONGCAO_\w+):$", text, re.MULTILINE)
    )
    assert known == {name for name in used if not name.endswith("_IMAGE")}


def test_every_service_is_bounded(folder: Path) -> None:
    for name, service in services(folder).items():
        assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}, name
        assert service["logging"]["options"]["max-size"] == "10m", name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["cap_drop"] == ["ALL"], name
        assert "cap_add" not in service, name
        assert not service.get("privileged"), name
        # Grafana's root is as its image has it: nobody has tried it otherwise.
        assert service.get("read_only", name == "grafana"), name
        assert {port["host_ip"] for port in service.get("ports", [])} <= {"127.0.0.1"}, name


def test_limits_add_up_to_what_the_docs_say(folder: Path) -> None:
    found = services(folder)
    lasting = [each for each in found.values() if each.get("restart") != "no"]
    total = sum(
        int(each["deploy"]["resources"]["limits"]["memory"])
        * int(each["deploy"].get("replicas", 1))
        for each in lasting
    )
    [told] = re.findall(
        r"limits of memory add up to ([\d.]+) GiB", (ROOT / "docs/containers.md").read_text()
    )
    assert f"{total / 2**30:.2f}" == told


def test_no_index_of_packages_is_named(folder: Path) -> None:
    args = services(folder)["worker-1"]["build"]["args"]
    assert args["PIP_INDEX_URL"] == ""
    for name in (
        "Dockerfile",
        "docker-compose.yml",
        ".env.example",
        "Makefile",
        "requirements.lock",
    ):
        text = (ROOT / name).read_text()
        assert not re.search(
            r"https?://\S*(pypi|simple)|--(extra-)?index-url|--find-links|--trusted", text
        ), name


def test_settings_of_env_reach_the_workers(folder: Path) -> None:
    set_in_env = services(folder, ZHONGCAO_LOOKBACK_DAYS="15")
    for name in ("worker-1", "worker-2"):
        assert set_in_env[name]["environment"]["ZHONGCAO_LOOKBACK_DAYS"] == "15"
    assert services(folder)["worker-1"]["environment"]["ZHONGCAO_LOOKBACK_DAYS"] is None


def test_a_worker_has_room_for_what_it_may_hold(folder: Path) -> None:
    """docs/sizing.md: the program takes some 300 MB beside `memory_bytes`."""
    worker = services(folder)["worker-1"]
    held = int(worker["environment"]["ZHONGCAO_MEMORY_BYTES"]) + 300_000_000
    assert held <= int(worker["deploy"]["resources"]["limits"]["memory"])


def test_logs_and_web_pages_are_as_env_says(folder: Path) -> None:
    """Each worker's pages can be reached from this machine, and from it alone."""
    said = {
        "ZHONGCAO_LOG_FORMAT": "json",
        "ZHONGCAO_LOG_LEVEL": "debug",
        "ZHONGCAO_WEB_HOST": "127.0.0.1",
    }
    found = services(folder, **said)
    for name, port in (("worker-1", "6066"), ("worker-2", "6067")):
        assert said.items() <= found[name]["environment"].items()
        [published] = found[name]["ports"]
        assert (published["host_ip"], published["published"]) == ("127.0.0.1", port)
        assert published["target"] == Settings().web_port
    assert services(folder)["worker-2"]["environment"]["ZHONGCAO_WEB_HOST"] == "0.0.0.0"


def test_the_generators_traffic_ends_where_dashboards_look(folder: Path) -> None:
    [command] = services(folder)["generator"]["command"]
    assert " --until yesterday |" in command


def test_each_worker_keeps_its_name(folder: Path) -> None:
    text = (ROOT / "docs/containers.md").read_text()
    [example] = re.findall(r"```yaml\n(.*?)```", text, re.S)
    (folder / "docker-compose.override.yml").write_text(example)
    found = {
        name: (service["hostname"], service["environment"]["ZHONGCAO_INSTANCE_ID"])
        for name, service in services(folder).items()
        if name.startswith("worker")
    }
    names = ("worker-1", "worker-2", "worker-3")
    assert found == {name: (name, name) for name in names}
    ports = [services(folder)[name]["ports"] for name in names]
    assert [[port["published"] for port in each] for each in ports] == [
        ["6066"],
        ["6067"],
        ["6068"],
    ]
    # One builds the image that all have.
    assert [name for name in names if "build" in services(folder)[name]] == ["worker-1"]


def test_images_are_pinned_and_kafka_is_the_one_that_tests_run(folder: Path) -> None:
    images = official()
    assert images.keys() == {
        *("PYTHON_IMAGE", "ZHONGCAO_IMAGE"),
        *("KAFKA_IMAGE", "REGISTRY_IMAGE", "CLICKHOUSE_IMAGE", "GRAFANA_IMAGE"),
    }
    for image in images.values():
        assert re.search(r":\d+\.\d+", image), image
    [release] = re.findall(
        r"<version>(\d.+\..+)</version>", (ROOT / "tests/integration/pom.xml").read_text()
    )
    assert images["ZHONGCAO_IMAGE"] == f"zhongcao:{version('zhongcao')}"
    assert images["KAFKA_IMAGE"] == f"apache/kafka:{release}"


def test_dashboards_are_for_who_wants_them(folder: Path) -> None:
    """Grafana itself is not run: nothing stands in for its image where it cannot be pulled."""
    without = subprocess.run(
        ["docker", "compose", "config", "--services"],
        cwd=folder,
        env={name: os.environ[name] for name in ("PATH", "HOME")} | PASSWORD,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "worker-1" in without.stdout.split()
    assert "grafana" not in without.stdout.split()
    assert services(folder)["grafana"]["profiles"] == ["dashboards"]


def test_grafana_lets_nobody_in_without_a_password(folder: Path) -> None:
    def password_of(**environ: str) -> str:
        told: str = services(folder, **environ)["grafana"]["environment"][
            "GF_SECURITY_ADMIN_PASSWORD"
        ]
        return told

    assert password_of(GRAFANA_PASSWORD="own") == "own"
    # Its own default would be "admin".
    for environ in ({}, {"GRAFANA_PASSWORD": ""}):
        assert password_of(**environ) == PASSWORD["CLICKHOUSE_PASSWORD"]
    assert services(folder)["grafana"]["environment"]["GF_AUTH_ANONYMOUS_ENABLED"] == "false"


def test_grafana_finds_its_dashboards_and_all_that_its_data_source_needs(folder: Path) -> None:
    grafana = services(folder)["grafana"]
    assert re.fullmatch(
        r"grafana-clickhouse-datasource@\d+\.\d+\.\d+",
        grafana["environment"]["GF_PLUGINS_PREINSTALL_SYNC"],
    )
    mounts = {each["target"]: each for each in grafana["volumes"] if each["type"] == "bind"}
    assert all(mount["read_only"] for mount in mounts.values())
    provider = Path(mounts["/etc/grafana/provisioning/dashboards"]["source"], "zhongcao.yaml")
    [path] = re.findall(r"path: ([^}]+)\}", provider.read_text())
    assert {file.name for file in Path(mounts[path]["source"]).glob("*.json")} == {
        "brand.json",
        "operations.json",
    }
    source = Path(mounts["/etc/grafana/provisioning/datasources"]["source"], "clickhouse.yaml")
    assert set(re.findall(r"\$\{(\w+)\}", source.read_text())) <= grafana["environment"].keys()


def test_the_image_has_every_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    copied = re.findall(r"^COPY (\w+) \1$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    let_in = re.findall(r"^!(\w+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert copied == packages
    assert set(packages) <= set(let_in)
