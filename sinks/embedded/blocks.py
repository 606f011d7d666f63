"""Blocks between the native protocol and chDB's Native format.

Both are the same bytes but for two things: the protocol puts a BlockInfo before a block, and since revision 54454 a
byte after each column's type that says whether a custom (sparse) serialization follows. Blocks are copied, not decoded.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sinks.embedded.errors import QueryError
from sinks.embedded.layout import NOT_IMPLEMENTED, column
from sinks.embedded.wire import ByteReader, text, varint

REVISION_WITH_CUSTOM_SERIALIZATION = 54454
_MAX_COLUMNS = 1_000_000  # as on a server
_INCORRECT_DATA = 117
BLOCK_INFO = b"\x01\x00\x02\xff\xff\xff\xff\x00"  # is_overflows = 0, bucket_num = -1, end


Header = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a table: its columns' names and types, its rows, and its bytes."""

    header: Header
    rows: int
    body: bytes


def skip_block_info(reader: ByteReader) -> None:
    """Step over a BlockInfo. Raises QueryError when it has an unknown field."""
    while field := reader.varint():
        if field not in (1, 2):
            raise QueryError(NOT_IMPLEMENTED, f"Unknown BlockInfo field {field}")
        reader.skip(1 if field == 1 else 4)


def copy_block(reader: ByteReader, *, flags_in: bool, flags_out: bool) -> Block:
    """Read one block (without BlockInfo) and give its bytes with or without the serialization flags.

    Raises QueryError for a type that cannot be measured, and Disconnected when the bytes end too early.
    """
    start = reader.pos
    columns, rows = reader.varint(), reader.varint()
    if columns > _MAX_COLUMNS:
        raise QueryError(_INCORRECT_DATA, f"Suspiciously many columns: {columns}")
    kept: list[tuple[int, int]] = []  # ranges, because views would keep the window from growing
    header: Header = []
    for _ in range(columns):
        name, type_name = reader.text(), reader.text()
        header.append((name, type_name))
        if flags_in or flags_out:
            kept.append((start, reader.pos))
            if flags_in and reader.uint8():
                raise QueryError(
                    NOT_IMPLEMENTED, f"Custom serialization of {name} is not supported"
                )
            start = reader.pos
        if rows:
            shape = column(type_name)
            shape.prefix(reader)
            shape.skip(reader, rows)
    kept.append((start, reader.pos))
    with memoryview(reader.data) as window:
        separator = b"\0" if flags_out else b""
        body = separator.join([window[begin:end] for begin, end in kept])
    return Block(header, rows, body)


def split_native(data: bytes, *, flags_out: bool) -> Iterator[Block]:
    """The blocks of a result in FORMAT Native. Raises QueryError as copy_block()."""
    reader = ByteReader(data=data)
    while not reader.at_end():
        yield copy_block(reader, flags_in=False, flags_out=flags_out)


def header_block(header: Header, *, flags_out: bool) -> Block:
    """A block without rows that says names and types."""
    flag = b"\0" if flags_out else b""
    columns = b"".join(text(name) + text(type_name) + flag for name, type_name in header)
    return Block(header, 0, varint(len(header)) + b"\0" + columns)
