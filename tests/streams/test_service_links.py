"""What Kubernetes sets in the pods beside a Service of our name is no setting."""

import pytest

from schemas.errors import SettingsError
from streams.settings import Settings

LINKS = {
    "SERVICE_HOST": "10.0.0.1",
    "SERVICE_PORT": "6066",
    "SERVICE_PORT_HTTP": "6066",
    "PORT": "tcp://10.0.0.1:6066",
    "PORT_6066_TCP": "tcp://10.0.0.1:6066",
    "PORT_6066_TCP_PROTO": "tcp",
    "PORT_6066_TCP_PORT": "6066",
    "PORT_6066_TCP_ADDR": "10.0.0.1",
    "PORT_53_UDP": "udp://10.0.0.1:53",
}


@pytest.mark.parametrize("service", ["ZHONGCAO", "ZHONGCAO_KAFKA", "ZHONGCAO_WORKER_2"])
def test_links_are_passed_over(service: str) -> None:
    environ = {f"{service}_{name}": value for name, value in LINKS.items()}
    assert Settings.load(environ=environ | {"ZHONGCAO_GROUP": "g"}) == Settings(group="g")


@pytest.mark.parametrize(
    ("service", "name", "setting"),
    [
        ("zhongcao-clickhouse", "ZHONGCAO_CLICKHOUSE_PORT", "clickhouse_port"),
        ("zhongcao-web", "ZHONGCAO_WEB_PORT", "web_port"),
    ],
)
def test_a_link_in_the_place_of_a_setting_is_told(service: str, name: str, setting: str) -> None:
    with pytest.raises(SettingsError, match="enableServiceLinks: false") as told:
        Settings.load(environ={name: "tcp://10.0.0.1:9000"})
    assert f"{setting} is 'tcp://10.0.0.1:9000'" in str(told.value)
    assert f"Service named {service}:" in str(told.value)


def test_ports_that_are_numbers_are_settings() -> None:
    environ = {"ZHONGCAO_CLICKHOUSE_PORT": "9001", "ZHONGCAO_WEB_PORT": "0"}
    settings = Settings.load(environ=environ)
    assert (settings.clickhouse_port, settings.web_port) == (9001, 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "6066"), ("KAFKA_PORT", "9092"), ("SERVICE", "x"), ("SERVICE_HOSTS", "x")],
)
def test_what_is_no_link_is_told(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match="There is no setting"):
        Settings.load(environ={f"ZHONGCAO_{name}": value})
