"""HTTP for callers that wait: aiohttp in a thread of its own.

It keeps connections open, and bounds what `http.client` does not: the time of a whole exchange, however slowly its
bytes come. And an exchange can be given up from another thread.
"""

import asyncio
import ssl
import threading
import weakref
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass

import aiohttp
from yarl import URL

#: An answer with more is given up. A schema has a few kilobytes.
MAX_BYTES = 4 << 20
#: How long closing may take.
CLOSE_S = 1.0


class TooLarge(Exception):
    """An answer has more than MAX_BYTES."""


class GivenUp(Exception):
    """`give_up` was called meanwhile."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: status, its words, the body."""

    status: int
    reason: str
    body: bytes


class HttpSession:
    """Exchanges, from any threads. The connections end with it.

    secure: over TLS, with the authorities that this process trusts by its environment.
    """

    def __init__(self, secure: bool) -> None:
        self._secure = secure
        self._under_way: set[Future[Answer]] = set()
        self._lock = threading.Lock()
        self._send: Callable[..., Future[Answer]] | None = None

    def exchange(
        self,
        method: str,
        url: str,
        body: bytes | None,
        headers: Mapping[str, str],
        timeout_s: float,
    ) -> Answer:
        """One request and its answer, whatever its status; redirections are not followed.

        timeout_s: for all of it.

        Raises aiohttp.ClientError, TimeoutError, TooLarge, GivenUp.
        """
        with self._lock:
            if self._send is None:
                self._send = self._start()
            future = self._send(method, url, body, headers, timeout_s)
            self._under_way.add(future)
        try:
            return future.result()
        except CancelledError:
            raise GivenUp from None
        finally:
            with self._lock:
                self._under_way.discard(future)

    def give_up(self) -> None:
        """End the exchanges that are under way."""
        with self._lock:
            for future in self._under_way:
                future.cancel()

    def _start(self) -> Callable[..., Future[Answer]]:
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=_run, args=(loop,), name="http", daemon=True)
        thread.start()
        session = asyncio.run_coroutine_threadsafe(_open(self._secure), loop).result()
        # Nothing of the thread may refer to this object, or it would never end.
        weakref.finalize(self, _close, session, loop, thread)
        return lambda *args: asyncio.run_coroutine_threadsafe(_exchange(session, *args), loop)


async def _open(secure: bool) -> aiohttp.ClientSession:
    # aiohttp's own context is made when it is imported, from the environment of that moment.
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context() if secure else True)
    # A body that is compressed could expand to anything.
    return aiohttp.ClientSession(
        connector=connector, auto_decompress=False, headers={"Accept-Encoding": "identity"}
    )


async def _exchange(
    session: aiohttp.ClientSession,
    method: str,
    url: str,
    body: bytes | None,
    headers: Mapping[str, str],
    timeout_s: float,
) -> Answer:
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    async with session.request(
        method,
        URL(url, encoded=True),
        data=body,
        headers=headers,
        allow_redirects=False,
        timeout=timeout,
    ) as response:
        found = bytearray()
        async for part in response.content.iter_any():
            found += part
            if len(found) > MAX_BYTES:
                raise TooLarge
        return Answer(response.status, response.reason or "", bytes(found))


def _run(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()


def _close(
    session: aiohttp.ClientSession, loop: asyncio.AbstractEventLoop, thread: threading.Thread
) -> None:
    async def close() -> None:
        await session.close()
        await asyncio.sleep(0)  # for transports that close in the next turn
        loop.stop()

    asyncio.run_coroutine_threadsafe(close(), loop)
    if threading.current_thread() is not thread:
        thread.join(CLOSE_S)
