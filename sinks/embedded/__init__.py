"""A small ClickHouse server for development and tests: chDB behind the native protocol and HTTP."""

from sinks.embedded.access import Account, new_password
from sinks.embedded.engine import DATA_FOLDER
from sinks.embedded.folder_lock import (
    LOCK_FILE,
    PASSWORD_FILE,
    RunningServer,
    has_been_served,
    running_server,
)
from sinks.embedded.rights import CONFIG_FOLDER
from sinks.embedded.server import EmbeddedServer, serve_until_signal

#: What a server leaves in its folder.
LAID_OUT = frozenset({DATA_FOLDER, CONFIG_FOLDER, LOCK_FILE, PASSWORD_FILE})

__all__ = [
    "LAID_OUT",
    "PASSWORD_FILE",
    "Account",
    "EmbeddedServer",
    "RunningServer",
    "has_been_served",
    "new_password",
    "running_server",
    "serve_until_signal",
]
