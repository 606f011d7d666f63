"""What a statement is, told from its tokens: does data follow it, does it stream, where does it end.

The server sees a statement before the engine does, and chDB takes it as clickhouse-local would: several statements at
once, INTO OUTFILE onto its own disk, a FORMAT clause that overrides the one that was asked for. Here these become what
a server makes of them. Everything else is left to the engine's own parser.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise
from typing import NamedTuple

from sinks.embedded.errors import QueryError

SYNTAX_ERROR = 62
UNKNOWN_TYPE_OF_QUERY = 78

_TOKEN = re.compile(
    r"""
      (?P<space>   (?: \s+ | --[^\n]* | \#[!\ ][^\n]* | /\*.*?(?:\*/|\Z) )+ )
    | (?P<quoted>  `(?:\\.|``|[^`\\])*(?:`|\Z) | "(?:\\.|""|[^"\\])*(?:"|\Z) | “[^”]*(?:”|\Z) )
    | (?P<string>  '(?:\\.|''|[^'\\])*(?:'|\Z) | ‘[^’]*(?:’|\Z) | \$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z) )
    | (?P<word>    [^\W\d]\w* )
    | (?P<number>  \d[\w.]* )
    | (?P<mark>    . )
    """,
    re.VERBOSE | re.DOTALL,
)
_STREAMS = ("SELECT", "WITH", "FROM", "(")
_DESCRIBES = ("SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS")
_FORMATTED = (*_STREAMS, *_DESCRIBES, "CHECK", "KILL", "OPTIMIZE", "BACKUP", "RESTORE")


class Kind(Enum):
    """How a statement is run."""

    SELECT = "a result in pieces"
    DESCRIBE = "a small result that can be asked for twice"
    INSERT = "data follows in the protocol"
    SET = "changes the session's settings"
    OTHER = "runs as a whole"


class Token(NamedTuple):
    """A piece of a statement that is not space or comment."""

    kind: str
    text: str
    start: int
    end: int

    def is_word(self, *words: str) -> bool:
        """Whether it is one of these keywords (upper case)."""
        return self.kind == "word" and self.text.upper() in words


@dataclass(frozen=True, slots=True)
class Insert:
    """An INSERT whose data follows it."""

    head: str  # up to the column list, which is part of it
    settings: str  # SETTINGS …, or nothing
    table: str  # `db`.`t`, or f(…) for a table function
    columns: str | None  # the text of the column list, without its brackets
    format: str
    data: str  # what stands after VALUES or FORMAT in the statement itself


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, without the semicolon and the clauses that are the client's business."""

    kind: Kind
    sql: str
    format: str | None = None
    into_outfile: bool = False
    insert: Insert | None = None


def tokens(sql: str, start: int = 0) -> Iterator[Token]:
    """The tokens of a statement from a position on, without spaces and comments; read as far as they are asked for."""
    for found in _TOKEN.finditer(sql, start):
        kind = found.lastgroup or "mark"
        if kind == "tag":
            kind = "string"
        if kind != "space":
            yield Token(kind, found[0], found.start(), found.end())


def top_level(stream: Iterator[Token]) -> Iterator[Token]:
    """Only the tokens outside brackets, and the opening brackets themselves."""
    depth = 0
    for token in stream:
        if token.kind == "mark" and token.text in ")]}":
            depth -= 1
            continue
        if depth <= 0:
            yield token
        if token.kind == "mark" and token.text in "([{":
            depth += 1


def parse(sql: str) -> Statement:
    """Tell what a statement is. Raises QueryError when a server would not even start on it."""
    first = next(tokens(sql), None)
    if first is None or first.text == ";":
        raise QueryError(SYNTAX_ERROR, "Syntax error: Empty query. (SYNTAX_ERROR)")
    if first.kind != "word" and first.text != "(":
        raise QueryError(
            SYNTAX_ERROR,
            f"Syntax error: failed at position {first.start + 1} ({first.text[:20]}). (SYNTAX_ERROR)",
        )
    insert_at = _insert_keyword(sql, first)
    if insert_at is not None:
        return _parse_insert(sql, insert_at)
    return _parse_other(sql, first)


def _insert_keyword(sql: str, first: Token) -> Token | None:
    if first.is_word("INSERT"):
        return first
    if first.is_word("WITH"):
        found = list(top_level(tokens(sql)))
        for token, after in pairwise(found):
            if token.is_word("INSERT") and after.is_word("INTO"):
                return token
    return None


def _parse_other(sql: str, first: Token) -> Statement:
    name = first.text.upper()
    found = list(top_level(tokens(sql)))
    end = _statement_end(sql, found)
    found = [token for token in found if token.end <= end]
    out_format, outfile = None, False
    if name in _FORMATTED:
        sql_end = end
        for at, token in enumerate(found):
            after = found[at + 1] if at + 1 < len(found) else None
            if after is None:
                break
            if token.is_word("INTO") and after.is_word("OUTFILE"):
                outfile, sql_end = True, token.start
            elif _is_format_clause(found, at):
                out_format = after.text
                return Statement(
                    _kind(name),
                    sql[: min(sql_end, token.start)].rstrip() + "\n" + sql[after.end : end],
                    out_format,
                    outfile,
                )
        end = sql_end
    if len(found) == 1:
        # One word alone (`exit`, `quit`) may be a command of clickhouse-local; with a comment it is a statement.
        return Statement(_kind(name), sql[:end] + " /**/")
    return Statement(_kind(name), sql[:end], out_format, outfile)


def _kind(name: str) -> Kind:
    if name in _STREAMS:
        return Kind.SELECT
    if name in _DESCRIBES:
        return Kind.DESCRIBE
    return Kind.SET if name == "SET" else Kind.OTHER


def _is_format_clause(found: list[Token], at: int) -> bool:
    """FORMAT Name at the end, or before SETTINGS: elsewhere `format` is a column's name."""
    if not found[at].is_word("FORMAT"):
        return False
    rest = found[at + 1 : at + 3]
    return bool(rest) and rest[0].kind == "word" and (len(rest) == 1 or rest[1].is_word("SETTINGS"))


def _statement_end(sql: str, found: list[Token]) -> int:
    for at, token in enumerate(found):
        if token.text == ";":
            if any(other.text != ";" for other in found[at + 1 :]):
                raise QueryError(
                    SYNTAX_ERROR,
                    "Syntax error (Multi-statements are not allowed): "
                    f"failed at position {token.start + 1} (end of query). (SYNTAX_ERROR)",
                )
            return token.start
    return len(sql)


def _parse_insert(sql: str, keyword: Token) -> Statement:
    stream = top_level(tokens(sql, keyword.end))
    table, head_end, token = _table(sql, stream)
    columns = None
    if token is not None and token.text == "(":
        closing = _closing(sql, token.start)
        inside = sql[token.end : closing]
        if not _starts_query(inside):
            columns, head_end = inside, closing + 1
    while token is not None:
        if token.is_word("VALUES", "FORMAT"):
            settings = sql[head_end : token.start]
            return _with_data(sql, token, Insert(sql[:head_end], settings, table, columns, "", ""))
        if token.is_word("INFILE"):
            raise QueryError(
                UNKNOWN_TYPE_OF_QUERY, "Query has infile and was send directly to server"
            )
        if token.is_word("SELECT", "WITH") or token.text == ";":
            break
        token = next(stream, None)
    end = _statement_end(sql, list(top_level(tokens(sql))))
    return Statement(Kind.OTHER, sql[:end])


def _table(sql: str, stream: Iterator[Token]) -> tuple[str, int, Token | None]:
    """The text of the table of an INSERT, where it ends, and the token after it."""
    token = next(stream, None)
    if token is not None and token.is_word("INTO"):
        token = next(stream, None)
    if token is not None and token.is_word("TABLE"):
        token = next(stream, None)
    if token is None:
        return "", len(sql), None
    start, end = token.start, token.end
    after = next(stream, None)
    if token.is_word("FUNCTION") and after is not None and after.kind == "word":
        bracket = next(stream, None)
        end = _closing(sql, bracket.start) + 1 if bracket is not None else after.end
        return sql[after.start : end], end, next(stream, None)
    if token.text == "{":
        end = _closing(sql, token.start) + 1
    while after is not None and after.text == ".":
        part = next(stream, None)
        end = part.end if part is not None else after.end
        after = next(stream, None)
    return sql[start:end], end, after


def _closing(sql: str, opening: int) -> int:
    """Where the bracket that opens at a position closes (or the end)."""
    depth = 0
    for token in tokens(sql, opening):
        if token.kind == "mark":
            depth += (token.text in "([{") - (token.text in ")]}")
            if depth == 0:
                return token.start
    return len(sql)


def _starts_query(sql: str) -> bool:
    first = next(tokens(sql), None)
    return first is not None and (first.is_word("SELECT", "WITH", "FROM") or first.text == "(")


def _with_data(sql: str, keyword: Token, insert: Insert) -> Statement:
    """Add format, settings and inline data to an INSERT from its VALUES or FORMAT on."""
    following = tokens(sql, keyword.end)
    data_format, data_at, settings = "Values", keyword.end, insert.settings
    if keyword.is_word("FORMAT"):
        name = next(following, None)
        if name is None or name.kind != "word":
            raise QueryError(
                SYNTAX_ERROR,
                f"Syntax error: failed at position {keyword.end}: FORMAT needs a name. (SYNTAX_ERROR)",
            )
        data_format, data_at = name.text, _settings_end(sql, name.end)
        settings += sql[name.end : data_at]
    first = next(tokens(sql, data_at), None)
    data = ""
    if first is not None and first.text != ";":
        # The rest of FORMAT's line is not data; everything after it is, to the letter.
        data = re.sub(r"\A[ \t\f]*\r?\n?", "", sql[data_at:])
    insert = replace(insert, settings=settings, format=data_format, data=data)
    return Statement(Kind.INSERT, sql, insert=insert)


def _settings_end(sql: str, start: int) -> int:
    """Where SETTINGS a = 1, b = 'x' end if they start here, else `start`."""
    stream = tokens(sql, start)
    token, end = next(stream, None), start
    if token is None or not token.is_word("SETTINGS"):
        return start
    while token is not None and (token.is_word("SETTINGS") or token.text == ","):
        parts = [next(stream, None) for _ in range(3)]  # name, =, value
        if parts[2] is None:
            break
        end, token = parts[2].end, next(stream, None)
    return end


def column_names(columns: str) -> list[str] | None:
    """The names of a column list, or None when it is more than names (`* EXCEPT(…)`, …)."""
    names, part = [], ""
    for token in tokens(columns):
        if token.text == ",":
            names.append(part)
            part = ""
        elif token.kind == "word" or token.text == ".":
            part += token.text
        elif token.kind == "quoted":
            quote = token.text[0]
            part += re.sub(rf"\\(.)|{quote}({quote})", r"\1\2", token.text[1:-1])
        else:
            return None
    return [*names, part] if part else names
