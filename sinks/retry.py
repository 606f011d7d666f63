"""Which errors of ClickHouse pass by themselves, and how long to wait for that.

The decision is made by type and by the server's numeric code (src/Common/ErrorCodes.cpp of
ClickHouse), never by text.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Final, TypeVar

from clickhouse_driver.errors import Error, NetworkError, ServerException, SocketTimeoutError

from schemas.backoff import growing_waits
from schemas.errors import SettingsError, SinkRejected, SinkUnavailable

logger = logging.getLogger(__name__)

T = TypeVar("T")

#: Server codes after which the same statement may succeed later. Repeating is safe even where the
#: first attempt may have been carried out, because rows replace or merge with themselves. Some of
#: them may also last until somebody does something (75, 243, 499): whoever waits says so in the log.
RETRYABLE_CODES: Final[Mapping[int, str]] = MappingProxyType(
    {
        3: "UNEXPECTED_END_OF_FILE",  # the server lost our connection
        32: "ATTEMPT_TO_READ_AFTER_EOF",  # the same, in the midst of a block
        75: "CANNOT_WRITE_TO_FILE_DESCRIPTOR",  # mostly a full disk, as 243 without the look before
        159: "TIMEOUT_EXCEEDED",
        173: "CANNOT_ALLOCATE_MEMORY",
        198: "DNS_ERROR",
        201: "QUOTA_EXCEEDED",
        202: "TOO_MANY_SIMULTANEOUS_QUERIES",
        203: "NO_FREE_CONNECTION",
        209: "SOCKET_TIMEOUT",
        210: "NETWORK_ERROR",
        225: "NO_ZOOKEEPER",
        236: "ABORTED",  # the server is shutting down
        241: "MEMORY_LIMIT_EXCEEDED",
        242: "TABLE_IS_READ_ONLY",  # the replica has lost its Keeper
        243: "NOT_ENOUGH_SPACE",
        252: "TOO_MANY_PARTS",
        254: "NO_ACTIVE_REPLICAS",
        279: "ALL_CONNECTION_TRIES_FAILED",
        285: "TOO_FEW_LIVE_REPLICAS",
        286: "UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE",
        319: "UNKNOWN_STATUS_OF_INSERT",
        394: "QUERY_WAS_CANCELLED",
        425: "SYSTEM_ERROR",
        439: "CANNOT_SCHEDULE_TASK",
        473: "DEADLOCK_AVOIDED",  # a lock of the table was not had in time
        499: "S3_ERROR",  # the server has tried again by then; rights and buckets come back too
        574: "DISTRIBUTED_TOO_MANY_PENDING_BYTES",  # until the shards have taken them
        733: "TABLE_IS_BEING_RESTARTED",
        745: "SERVER_OVERLOADED",
        999: "KEEPER_EXCEPTION",
    }
)

#: Server codes that say that a column, a table or the database is not there.
NOT_THERE: Final = frozenset({16, 60, 81})

#: A connection that broke or could not be made: the next attempt makes a new one.
CONNECTION_ERRORS: Final = (NetworkError, SocketTimeoutError, EOFError, OSError)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often to try and how long to wait in between.

    attempts: tries in all, at least 1; None for no end.
    first_wait_s: wait after the first; each later one is twice as long, up to max_wait_s, and all
        are shortened at random, see `growing_waits`.
    """

    attempts: int | None = 10
    first_wait_s: float = 0.25
    max_wait_s: float = 10.0

    def __post_init__(self) -> None:
        if self.attempts is not None and self.attempts < 1:
            raise SettingsError(f"attempts is {self.attempts}: without one, nothing is ever sent")
        if not 0 < self.first_wait_s <= self.max_wait_s:
            raise SettingsError(
                f"first_wait_s is {self.first_wait_s} and max_wait_s {self.max_wait_s}: "
                "waits must be positive and grow"
            )

    def waits(self) -> Iterator[float]:
        """The waits between the attempts, in seconds: attempts - 1 of them, or without end."""
        waits = growing_waits(self.first_wait_s, self.max_wait_s)
        return waits if self.attempts is None else islice(waits, self.attempts - 1)


#: What clickhouse-driver puts between the message of a server and its stack.
STACK_TRACE = ". Stack trace:"


def is_retryable(error: Exception) -> bool:
    """Whether the same statement may succeed later."""
    if isinstance(error, ServerException):
        return error.code in RETRYABLE_CODES
    return isinstance(error, CONNECTION_ERRORS)


def in_short(error: Exception) -> str:
    """Code, name and first line of an error, for a message to people."""
    if not isinstance(error, ServerException):
        return f"{type(error).__name__}: {error}"
    name = RETRYABLE_CODES.get(error.code)
    text = str(error.message).removeprefix("DB::Exception: ").partition(STACK_TRACE)[0]
    return f"code {error.code}{f' ({name})' if name else ''}: {text}"


def _advice(error: Exception) -> str:
    lacking = isinstance(error, ServerException) and error.code in NOT_THERE
    return ". `zhongcao migrate` makes what a database must have" if lacking else ""


def persistently(
    action: Callable[[], T],
    what: str,
    address: str,
    policy: RetryPolicy,
    sleep: Callable[[float], object] = time.sleep,
    on_retry: Callable[[], None] = lambda: None,
) -> T:
    """Carry out an action on ClickHouse, again while its error may pass by itself.

    what: "insert of 3 rows into touches", for messages.
    address: host:port, for messages.

    Raises SinkRejected when trying again would not help, SinkUnavailable when the attempts are used
    up. Errors that do not come from ClickHouse, its driver or the network are not caught.
    """
    waits = policy.waits()
    while True:
        try:
            return action()
        except (Error, *CONNECTION_ERRORS) as error:
            if not is_retryable(error):
                raise SinkRejected(
                    f"ClickHouse at {address} refused the {what}: {in_short(error)}{_advice(error)}"
                ) from error
            wait_s = next(waits, None)
            if wait_s is None:
                tries = "" if policy.attempts == 1 else f" in {policy.attempts} attempts"
                raise SinkUnavailable(
                    f"ClickHouse at {address} did not take the {what}{tries}; last: "
                    f"{in_short(error)}. Check that the server runs, can be reached and has room; "
                    "nothing is lost, start again once it does"
                ) from error
            logger.warning("%s at %s: %s; again in %.2f s", what, address, in_short(error), wait_s)
        on_retry()
        sleep(wait_s)
