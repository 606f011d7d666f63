"""What the engine or the server refuses a client, with ClickHouse's numeric codes."""

BAD_ARGUMENTS = 36
SYNTAX_ERROR = 62
UNKNOWN_SETTING = 115
QUERY_WAS_CANCELLED = 394
ACCESS_DENIED = 497
STD_EXCEPTION = 1001


class QueryError(Exception):
    """ClickHouse refused a statement: its numeric code and its text, without the `Code: N.` prefix."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"Code: {code}. DB::Exception: {text}")
        self.code = code
        self.text = text


class ProtocolError(QueryError):
    """The client sent what cannot be read; nobody knows where its next packet starts."""
