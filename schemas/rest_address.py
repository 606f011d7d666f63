"""Where a schema registry is, and who we are to it."""

from base64 import b64encode
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import SplitResult, unquote, urlsplit

from schemas.errors import SettingsError


@dataclass(frozen=True, slots=True)
class RegistryAddress:
    """The base of a registry's REST API.

    path: in front of every resource, without a slash at its end; mostly empty.
    authorization: value of the header, None where no user is given. It is in no text about this.
    """

    secure: bool
    host: str
    port: int | None
    path: str
    authorization: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str, user: str = "", password: str = "") -> Self:
        """Read http[s]://[user:password@]host[:port][/path]; a user given apart wins over the URL's.

        Raises SettingsError, which never shows a password.
        """
        parts, port = _split(url)
        if password and not user:
            raise SettingsError(
                "schema_registry_password is set without schema_registry_user: "
                "the registry would not know whose it is."
            )
        if not user and parts.username:
            user, password = unquote(parts.username), unquote(parts.password or "")
        credentials = b64encode(f"{user}:{password}".encode()).decode()
        return cls(
            secure=parts.scheme == "https",
            host=parts.hostname or "",
            port=port,
            path=parts.path.rstrip("/"),
            authorization=f"Basic {credentials}" if user else None,
        )

    def __str__(self) -> str:
        """The URL without user and password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = f":{self.port}" if self.port else ""
        return f"{'https' if self.secure else 'http'}://{host}{port}{self.path}"


def _split(url: str) -> tuple[SplitResult, int | None]:
    # The URL is not shown: any part of one that is wrong may be a password.
    misshapen = SettingsError(
        "schema_registry_url must be like http://127.0.0.1:8081 or https://user:password@host/path, "
        "with %XX for what has a meaning in URLs: no registry could be found."
    )
    try:
        url.encode("ascii")
        parts = urlsplit(url)
        port = parts.port
        (parts.hostname or "").encode("idna")
    except ValueError:
        raise misshapen from None
    extra = parts.query or parts.fragment or not url.isprintable() or " " in url
    if parts.scheme not in ("http", "https") or not parts.hostname or extra:
        raise misshapen
    return parts, port
