from collections.abc import Iterator
from pathlib import Path

import pytest
from compose import Stack, what_compose_lacks
from engine import Engine, NoEngine, docker_engine
from images import prepare
from standin_images import PREFIX, NoStandins

FOLDER = Path(__file__).parent

#: What the tests of this folder ran against.
used: dict[str, str] = {}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the images: a test that passes on a stand-in says less than one on the official image."""
    if used:
        terminalreporter.section("containers")
    for variable, image in used.items():
        kind = "stand-in" if image.startswith(PREFIX) else "official or own"
        terminalreporter.line(f"{variable}: {image} ({kind})")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slowest come last."""
    items.sort(key=lambda item: item.path.is_relative_to(FOLDER))


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """A Docker engine, in whose environment this process is as well."""
    try:
        with docker_engine() as engine, pytest.MonkeyPatch.context() as patch:
            for name in {"DOCKER_HOST"} & engine.environ.keys():
                patch.setenv(name, engine.environ[name])
            # It removes what a killed test run leaves behind, with an image that may be out of reach.
            patch.setenv("TESTCONTAINERS_RYUK_DISABLED", "true")
            yield engine
    except NoEngine as error:
        pytest.skip(f"no containers: {error}")


@pytest.fixture(scope="session")
def images(engine: Engine) -> dict[str, str]:
    """Variable of docker-compose.yml → the image in its place."""
    try:
        used.update(prepare(engine))
    except NoStandins as error:
        pytest.skip(f"no images: {error}")
    return used


@pytest.fixture(autouse=True)
def _real_clickhouse(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("real_clickhouse") is None:
        return
    image = request.getfixturevalue("images")["CLICKHOUSE_IMAGE"]
    if image.startswith(PREFIX):
        pytest.skip(f"{image} answers differently than ClickHouse's server")


@pytest.fixture(scope="module")
def stack(
    engine: Engine, images: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A project of its own in a copy of the sources; nothing runs yet, and nothing is left of it afterwards."""
    if missing := what_compose_lacks(engine):
        pytest.skip(missing)
    stack = Stack(engine, images, tmp_path_factory.mktemp("compose"))
    try:
        yield stack
    finally:
        stack.remove()
