"""Who may talk to the server: its one account; no web page, wherever it came from."""

import secrets
from dataclasses import dataclass, field
from email.message import Message
from hmac import compare_digest
from ipaddress import ip_address
from urllib.parse import urlsplit

from sinks.embedded.errors import QueryError

AUTHENTICATION_FAILED = 516
_SAME_SITE = ("same-origin", "none")


def new_password() -> str:
    """One that nobody guesses."""
    return secrets.token_urlsafe()


@dataclass(frozen=True, slots=True)
class Account:
    """The one user that the server knows. Without a password, it is for programs of this machine only."""

    user: str = "default"
    password: str = field(default="", repr=False)

    def check(self, user: str, password: str) -> None:
        """Raises QueryError 516 for anyone else. A client that names no user means `default`."""
        known = (user or "default") == self.user
        if known and compare_digest(password.encode(), self.password.encode()):
            return
        hint = "with its password" if self.password else "without a password"
        raise QueryError(
            AUTHENTICATION_FAILED,
            f"{user}: Authentication failed: password is incorrect, or there is no user with such name (the embedded "
            f"server is for development: it knows only the user {self.user}, {hint}). (AUTHENTICATION_FAILED)",
        )

    def web_refusal(self, headers: Message) -> str | None:
        """Why an HTTP request is refused, or None.

        A name of someone else's that points to loopback (DNS rebinding), and a page of another origin, could
        otherwise read and change the data through the user's browser. With a password, any name will do.
        """
        host = headers.get("Host", "")
        if not self.password and not is_loopback(_host_name(f"//{host}")):
            return f"the Host {host!r} is not this machine: use 127.0.0.1, ::1 or localhost"
        origin = headers.get("Origin")
        if origin is not None and origin != f"http://{host}":
            return f"requests from the origin {origin!r} are not allowed"
        if headers.get("Sec-Fetch-Site", "none") not in _SAME_SITE:
            return "requests from pages of other sites are not allowed"
        return None


def is_loopback(host: str) -> bool:
    """Whether a host, as in a URL, can only mean this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _host_name(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
