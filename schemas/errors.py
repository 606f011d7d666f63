"""Every error that zhongcao raises on purpose.

ZhongcaoError
├── InstallationError     what must be installed with zhongcao is not
├── SettingsError         a setting is missing or breaks its rule
├── SchemaError           a contract file is wrong, or a record does not fit its contract
├── DefinitionError       a file that defines tables or views is wrong
├── RegistryError         the schema registry refuses, is none, or has not what it must have
│   ├── RegistryUnavailable   it did not answer for as long as we wait
│   └── RegistryClosed        we were told to wait no more for it
├── SourceError           an input file cannot be read
├── OutputError           stdout does not take what is printed
├── BrokerError           Kafka cannot be reached, or its topics are not as they must be
├── StateError            the partition state cannot be opened, read or written
├── StuckError            a worker makes no progress, and nothing that it waits for is away
├── WebError              the port of a worker's web pages cannot be had
├── EmbeddedServerError   the embedded ClickHouse server cannot start
├── QueryError            ClickHouse refused a query
└── SinkError             ClickHouse did not take the rows
    ├── SinkUnavailable   it could not be reached, or stayed busy, for as long as we retry
    └── SinkRejected      it refused them; trying again would not help

The text of each says what is wrong, where, and what to do about it: it is printed to users as it
is.
"""


class ZhongcaoError(Exception):
    """Root of the tree; its text is one clear sentence for the user."""


class InstallationError(ZhongcaoError):
    """What must be installed with zhongcao is not."""


class SettingsError(ZhongcaoError):
    """A setting is missing or breaks its rule."""


class SchemaError(ZhongcaoError):
    """A contract file is wrong, or a record does not fit its contract."""


class DefinitionError(ZhongcaoError):
    """A file that defines tables or views is wrong: one of sinks/migrations or sinks/views."""


class RegistryError(ZhongcaoError):
    """The schema registry refuses, is none, or has not what it must have."""


class RegistryUnavailable(RegistryError):
    """The schema registry did not answer for as long as we wait."""


class RegistryClosed(RegistryError):
    """We were told to wait no more for the schema registry."""


class SourceError(ZhongcaoError):
    """An input file cannot be read."""


class OutputError(ZhongcaoError):
    """What is printed does not get to stdout."""


class BrokerError(ZhongcaoError):
    """Kafka cannot be reached, or its topics are not as they must be."""


class StateError(ZhongcaoError):
    """The partition state cannot be opened, read or written."""


class StuckError(ZhongcaoError):
    """A worker makes no progress, and nothing that it waits for is away."""


class WebError(ZhongcaoError):
    """The port of a worker's web pages cannot be had."""


class EmbeddedServerError(ZhongcaoError):
    """The embedded ClickHouse server cannot start."""


class QueryError(ZhongcaoError):
    """ClickHouse refused a query; the text is the server's own.

    code: ClickHouse's numeric error code, None when the server gave none.
    """

    def __init__(self, text: str, code: int | None) -> None:
        super().__init__(text)
        self.code = code


class SinkError(ZhongcaoError):
    """ClickHouse did not take the rows."""


class SinkUnavailable(SinkError):
    """ClickHouse could not be reached, or stayed busy, for as long as we retry."""


class SinkRejected(SinkError):
    """ClickHouse refused the rows; trying again would not help."""
