"""Who may talk to the server: programs of this machine, as the user `default`; no web page, wherever it came from."""

from email.message import Message
from ipaddress import ip_address
from urllib.parse import urlsplit

from sinks.embedded.engine import QueryError

AUTHENTICATION_FAILED = 516
_SAME_SITE = ("same-origin", "none")


def authenticate(user: str, password: str) -> None:
    """Raises QueryError 516 for anyone but `default` without a password."""
    if user not in ("", "default") or password:
        raise QueryError(
            AUTHENTICATION_FAILED,
            f"{user}: Authentication failed: password is incorrect, or there is no user with such name (the embedded "
            "server is for development: it knows only the user default, without a password). (AUTHENTICATION_FAILED)",
        )


def is_loopback(host: str) -> bool:
    """Whether a host, as in a URL, can only mean this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def web_refusal(headers: Message) -> str | None:
    """Why an HTTP request is refused, or None.

    A name of someone else's that points to loopback (DNS rebinding), and a page of another origin, could otherwise
    read and change the data through the user's browser.
    """
    host = headers.get("Host", "")
    if not is_loopback(_host_name(f"//{host}")):
        return f"the Host {host!r} is not this machine: use 127.0.0.1, ::1 or localhost"
    origin = headers.get("Origin")
    if origin is not None and origin != f"http://{host}":
        return f"requests from the origin {origin!r} are not allowed"
    if headers.get("Sec-Fetch-Site", "none") not in _SAME_SITE:
        return "requests from pages of other sites are not allowed"
    return None


def _host_name(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
