"""What surrounds a worker: variables that others use, and a Faust that is not whole."""

from importlib import metadata

import pytest
from workbench import Workbench

from schemas.errors import InstallationError
from sinks.memory import MemorySink
from streams import installation
from streams.app import MAX_POLL_INTERVAL_S

#: Faust reads them, and so do Celery, web frameworks and whoever writes images.
OF_OTHERS = {
    "APP_DATADIR": "/nowhere",
    "APP_DEBUG": "true",
    "APP_VERSION": "7",
    "BROKER_MAX_POLL_INTERVAL": "1",
    "BROKER_URL": "kafka://elsewhere",
    "BROKER_SESSION_TIMEOUT": "1",
    "PROCESSING_GUARANTEE": "exactly_once",
    "TOPIC_PARTITIONS": "1",
}


def test_variables_of_others_change_nothing(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in OF_OTHERS.items():
        monkeypatch.setenv(name, value)
    conf = bench.worker(MemorySink()).conf
    assert conf.id == bench.settings.group
    assert [str(url) for url in conf.broker] == [bench.settings.broker]
    assert conf.datadir == bench.settings.data_dir / "faust"
    assert conf.topic_partitions == bench.settings.partitions
    assert conf.broker_session_timeout == bench.settings.session_timeout_s
    assert conf.broker_max_poll_interval == MAX_POLL_INTERVAL_S
    assert conf.processing_guarantee.value == "at_least_once"
    assert not conf.debug


def test_a_faust_without_its_compiled_part_is_refused(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "_CStreamIterator", None)
    with pytest.raises(InstallationError, match="events could be lost: unset NO_CYTHON"):
        bench.worker(MemorySink())


def test_what_is_relied_on_has_bounds_and_keeps_them() -> None:
    wanted = installation.wanted_versions()
    assert tuple(wanted) == installation.RELIED_ON
    for requirement in wanted.values():
        assert {one.operator for one in requirement.specifier} == {">=", "<"}
    installation.check()


@pytest.mark.parametrize("name", installation.RELIED_ON)
@pytest.mark.parametrize("found", ["99.0", "0.0.1", None])
def test_a_library_of_another_version_is_refused(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, name: str, found: str | None
) -> None:
    def version(asked: str) -> str:
        if asked != name:
            return metadata.version(asked)
        if found is None:
            raise metadata.PackageNotFoundError(name)
        return found

    monkeypatch.setattr(installation, "version", version)
    told = f"^{name} is {found or 'missing'}, not .*<.*: what zhongcao relies on .* Install zhongcao anew"
    with pytest.raises(InstallationError, match=told):
        bench.worker(MemorySink())
