"""The worker's web port: /metrics, /health and /ready, and nothing else."""

import os
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from mode import Service
from prometheus_client import CollectorRegistry
from prometheus_client.aiohttp import make_aiohttp_handler

from schemas.errors import WebError
from streams.operations.health import Health

#: A stop does not wait longer than this for answers that are under way.
SHUTDOWN_S = 1.0

Handler = Callable[[web.Request], Awaitable[web.Response]]


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes any that is free.

    Raises: WebError, if the port is taken or the host is not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        number = error.errno or 0
        # Names that cannot be resolved have numbers of their own, below 0.
        told = os.strerror(number) if number > 0 else "this host is not known"
        raise WebError(
            f"The worker cannot serve its web pages on {host}:{port} ({told}): another worker may have the port. "
            "Set web_port to one that is free, or to 0 for no pages, and web_host to an address of this machine."
        ) from error


class Web(Service):
    """Serves pages on a socket that listens, as long as the service runs."""

    mundane_level = "debug"

    def __init__(self, listening: socket.socket, pages: web.Application, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._listening = listening
        self._runner = web.AppRunner(pages, access_log=None, shutdown_timeout=SHUTDOWN_S)

    async def on_start(self) -> None:
        """Begin to answer."""
        await self._runner.setup()
        await web.SockSite(self._runner, self._listening).start()

    async def on_stop(self) -> None:
        """Close the port."""
        await self._runner.cleanup()


def pages(registry: CollectorRegistry, health: Health) -> web.Application:
    """The three pages."""
    application = web.Application()
    application.router.add_get("/metrics", make_aiohttp_handler(registry))
    application.router.add_get("/health", _told(health.ailments, "healthy", health))
    application.router.add_get("/ready", _told(health.obstacles, "ready", health))
    return application


def _told(problems_of: Callable[[], list[str]], good: str, health: Health) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        problems = problems_of()
        body = {"status": f"not {good}" if problems else good, "problems": problems}
        return web.json_response(body | health.details(), status=503 if problems else 200)

    return handler
