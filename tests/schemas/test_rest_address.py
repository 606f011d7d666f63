"""Where the registry is, and that nobody ever reads the password."""

from base64 import b64decode

import pytest

from schemas.errors import SettingsError
from schemas.rest_address import RegistryAddress


def user_of(address):
    return b64decode(address.authorization.removeprefix("Basic ")).decode()


@pytest.mark.parametrize(
    ("url", "shown", "host", "port", "path"),
    [
        ("http://sr:8081", "http://sr:8081", "sr", 8081, ""),
        ("http://sr:8081/", "http://sr:8081", "sr", 8081, ""),
        ("https://sr.example.com", "https://sr.example.com", "sr.example.com", None, ""),
        ("http://a/apis/ccompat/v7/", "http://a/apis/ccompat/v7", "a", None, "/apis/ccompat/v7"),
        ("http://u:p@[::1]:8081/x", "http://[::1]:8081/x", "::1", 8081, "/x"),
    ],
)
def test_urls(url, shown, host, port, path):
    address = RegistryAddress.parse(url)
    assert str(address) == shown
    assert (address.host, address.port, address.path) == (host, port, path)
    assert address.secure == url.startswith("https")


def test_a_user_in_the_url():
    address = RegistryAddress.parse("https://a%40b:ge%2Fheim%3A@sr")
    assert user_of(address) == "a@b:ge/heim:"
    assert "heim" not in f"{address} {address!r}"


def test_a_user_of_the_settings_wins():
    address = RegistryAddress.parse("http://u:p@sr", "分析师", "密")
    assert user_of(address) == "分析师:密"


def test_nobody():
    assert RegistryAddress.parse("http://sr").authorization is None


@pytest.mark.parametrize(
    "url",
    [
        "sr:8081",
        "user:geheim@sr:8081",
        "ftp://user:geheim@sr",
        "http://user:geheim",
        "http://user:geheim@",
        "http://user:geheim@sr:port",
        "http://user:geheim@sr:99999",
        "http://user:ge#heim@sr",
        "http://user:geheim@sr?x=1",
        "http://user:geheim@s r",
        "http://user:geheim@a..b",
        "http://user:geheim密@sr",
        "http://user:geheim@sr\n",
    ],
)
def test_what_is_no_url_of_a_registry(url):
    with pytest.raises(SettingsError, match="schema_registry_url must be like") as caught:
        RegistryAddress.parse(url)
    assert "heim" not in str(caught.value)


def test_a_password_of_nobody():
    with pytest.raises(SettingsError, match="without schema_registry_user") as caught:
        RegistryAddress.parse("http://sr", password="geheim")
    assert "geheim" not in str(caught.value)
