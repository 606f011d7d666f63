"""One schema registry over HTTP: a request and its JSON, tried again while the registry is away.

The API is Confluent's, which Apicurio, Karapace, Redpanda and others serve as well:
https://docs.confluent.io/platform/current/schema-registry/develop/api.html
"""

import json
import logging
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

import aiohttp

from schemas.backoff import growing_waits
from schemas.errors import RegistryClosed, RegistryError, RegistryUnavailable
from schemas.http_session import MAX_BYTES, Answer, GivenUp, HttpSession, TooLarge
from schemas.rest_address import RegistryAddress

logger = logging.getLogger(__name__)

#: An exchange from connecting to the last byte. Less than the 10 s that container engines leave a process to stop.
TIMEOUT_S = 5.0
FIRST_WAIT_S, MAX_WAIT_S = 0.25, 10.0
#: An outage that goes on is told again after so long.
REMIND_S = 60.0

#: HTTP statuses after which the same request may succeed later.
PASSING_STATUSES: Final = frozenset({408, 425, 429, *range(500, 600)})
#: Error codes that say: no such subject, version, schema. A status 404 alone may come from anything.
ABSENT_CODES: Final = frozenset({40401, 40402, 40403})

CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"


class _Away(Exception):
    """The registry did not answer this time; the text says how."""


class _Outage:
    """What one request has waited for so far."""

    def __init__(self, address: RegistryAddress, patience_s: float) -> None:
        self._address = address
        self._patience_s = patience_s
        self._waits = growing_waits(FIRST_WAIT_S, MAX_WAIT_S)
        self._began = time.monotonic()
        self._told = -math.inf

    def next_wait_s(self, away: _Away) -> float:
        """How long to wait now; RegistryUnavailable if patience is over."""
        now = time.monotonic()
        left_s = self._patience_s - (now - self._began)
        if left_s <= 0:
            waited = f" for {self._patience_s:.0f} s" if self._patience_s else ""
            raise RegistryUnavailable(
                f"The schema registry at {self._address} did not answer{waited} ({away}): "
                "check schema_registry_url and that the registry runs."
            ) from away
        if now - self._told > REMIND_S:
            self._told = now
            text = "the schema registry at %s is away (%s); waiting for it, nothing is lost"
            logger.warning(text, self._address, away)
        return min(next(self._waits), left_s)

    def ends(self) -> None:
        """The answer came."""
        if self._told > -math.inf:
            away_s = time.monotonic() - self._began
            logger.warning("the schema registry at %s is back after %.0f s", self._address, away_s)


class RegistryClient:
    """Sends requests to a registry, and waits for it where it is away.

    patience_s: how long to wait for an answer, in seconds; 0 tries once, infinity waits until
        `close` is called.

    waited_at: `time.monotonic()` when it last began to wait for a registry that is away.

    May be used by several threads.
    """

    def __init__(self, address: RegistryAddress, patience_s: float = math.inf) -> None:
        self.address = address
        self._patience_s = patience_s
        self.waited_at = -math.inf
        self._http = HttpSession(address.secure)
        self._closed = False
        self._wait_no_more = threading.Event()

    def send(self, method: str, path: str, body: Any = None) -> Any | None:
        """One request and the JSON of its answer, or None if what it names does not exist.

        path: begins with a slash; it follows the path of the address.

        Raises RegistryUnavailable when patience is over, RegistryClosed, and RegistryError when the
        registry refuses the request or does not answer like one.
        """
        outage = _Outage(self.address, self._patience_s)
        while True:
            try:
                answer = self._once(method, path, body)
            except _Away as away:
                self.pause(outage.next_wait_s(away))
            else:
                outage.ends()
                return answer

    def pause(self, seconds: float) -> None:
        """Wait; raises RegistryClosed as soon as nothing may wait any more."""
        self.waited_at = time.monotonic()
        if self._wait_no_more.wait(seconds):
            raise self._closed_meanwhile()

    @contextmanager
    def impatient(self) -> Iterator[None]:
        """While inside, nothing waits. One thread may be inside, that which closes."""
        self._wait_no_more.set()
        try:
            yield
        finally:
            if not self._closed:
                self._wait_no_more.clear()

    def close(self) -> None:
        """End all waiting, now and later, and what is under way."""
        self._closed = True
        self._wait_no_more.set()
        self._http.give_up()

    def _closed_meanwhile(self) -> RegistryClosed:
        return RegistryClosed(
            f"Stopped while waiting for the schema registry at {self.address}: nothing is lost, "
            "start again to go on."
        )

    def _once(self, method: str, path: str, body: Any) -> Any | None:
        sent = None if body is None else json.dumps(body).encode()
        try:
            answer = self._http.exchange(
                method, f"{self.address}{path}", sent, self._headers(), TIMEOUT_S
            )
        except aiohttp.ClientConnectorCertificateError as error:
            why = getattr(error.certificate_error, "verify_message", error.certificate_error)
            raise RegistryError(
                f"The certificate of the schema registry at {self.address} is not trusted "
                f"({why}): name its authority's file in SSL_CERT_FILE."
            ) from error
        except TooLarge as error:
            raise self.no_registry(f"more than {MAX_BYTES:,} bytes to {method} {path}") from error
        except GivenUp:
            raise self._closed_meanwhile() from None
        except (aiohttp.ClientError, TimeoutError) as error:
            cause = getattr(error, "os_error", error)
            raise _Away(f"{type(cause).__name__}: {cause}") from error
        if answer.status in PASSING_STATUSES:
            raise _Away(f"HTTP status {answer.status} {answer.reason}")
        return self._understood(f"{method} {path}", answer)

    def _understood(self, what: str, response: Answer) -> Any | None:
        if response.status in (401, 403):
            raise RegistryError(
                f"The schema registry at {self.address} refuses {what} (HTTP status "
                f"{response.status}): check schema_registry_user, schema_registry_password and "
                "what the user may do."
            )
        try:
            answer = json.loads(response.body)
        except (ValueError, RecursionError):
            answer = None
        if response.status == HTTPStatus.OK and answer is not None:
            return answer
        code = answer.get("error_code") if isinstance(answer, dict) else None
        if code in ABSENT_CODES:
            return None
        if code is None:
            raise self.no_registry(f"HTTP status {response.status} to {what}")
        raise RegistryError(
            f"The schema registry at {self.address} refuses {what}: "
            f"{answer.get('message')} (code {code})."
        )

    def no_registry(self, how: str) -> RegistryError:
        """The error for an answer that no registry gives."""
        return RegistryError(
            f"{self.address} does not answer like a schema registry ({how}): check "
            "schema_registry_url; some registries need a path in it, as /apis/ccompat/v7."
        )

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": f"{CONTENT_TYPE}, application/json", "Content-Type": CONTENT_TYPE}
        if self.address.authorization:
            headers["Authorization"] = self.address.authorization
        return headers
