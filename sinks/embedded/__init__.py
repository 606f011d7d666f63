"""A small ClickHouse server for development and tests: chDB behind the native protocol and HTTP."""

from sinks.embedded.access import Account, new_password
from sinks.embedded.folder_lock import PASSWORD_FILE, RunningServer, running_server
from sinks.embedded.server import EmbeddedServer, serve_until_signal

__all__ = [
    "PASSWORD_FILE",
    "Account",
    "EmbeddedServer",
    "RunningServer",
    "new_password",
    "running_server",
    "serve_until_signal",
]
