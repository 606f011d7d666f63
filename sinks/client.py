"""clickhouse-driver's client, which is given the columns of an INSERT as polars has them."""

from collections.abc import Sequence
from typing import Any, Final

import polars as pl
from clickhouse_driver import Client
from clickhouse_driver.block import BlockInfo, ColumnOrientedBlock
from clickhouse_driver.columns.service import write_column
from clickhouse_driver.defines import DBMS_MIN_REVISION_WITH_CUSTOM_SERIALIZATION
from clickhouse_driver.protocol import ClientPacketTypes
from clickhouse_driver.varint import write_varint
from clickhouse_driver.writer import write_binary_str, write_binary_uint8

from sinks.native import column_bytes

#: The newest revision of the protocol whose blocks are written here.
KNOWN_REVISION: Final = 54468


class ColumnClient(Client):
    """A client that can insert columns of polars: `execute(statement, frame.get_columns(), columnar=True)`.

    Once the server has told its types, sinks.native makes bytes of what it can; the driver is given lists of the rest.
    Whatever is no column of polars is for the driver alone.
    """

    def send_data(
        self, sample_block: Any, data: Any, types_check: bool = False, columnar: bool = False
    ) -> int:
        """Send what is inserted, as one block if it is columns of polars; return the number of rows."""
        if not (columnar and data and isinstance(data[0], pl.Series)):
            return int(super().send_data(sample_block, data, types_check, columnar))
        if types_check or self._revision > KNOWN_REVISION or data[0].is_empty():
            lists = [column.to_list() for column in data]
            return int(super().send_data(sample_block, lists, types_check, columnar))
        self._send_columns(sample_block.columns_with_types, data)
        self.receive_profile_events()
        self.connection.send_data(ColumnOrientedBlock())
        self.receive_profile_events()
        return len(data[0])

    @property
    def _revision(self) -> int:
        return int(self.connection.server_info.used_revision)

    def _send_columns(
        self, names_and_types: Sequence[tuple[str, str]], columns: Sequence[pl.Series]
    ) -> None:
        """What Connection.send_data does, and BlockOutputStream.write."""
        write_varint(ClientPacketTypes.DATA, self.connection.fout)
        write_binary_str("", self.connection.fout)
        stream = self.connection.block_out
        BlockInfo().write(stream.fout)
        write_varint(len(columns), stream.fout)
        write_varint(len(columns[0]), stream.fout)
        for (name, type_name), column in zip(names_and_types, columns, strict=True):
            write_binary_str(name, stream.fout)
            write_binary_str(type_name, stream.fout)
            if self._revision >= DBMS_MIN_REVISION_WITH_CUSTOM_SERIALIZATION:
                write_binary_uint8(0, stream.fout)
            values = column_bytes(column, type_name)
            if values is None:
                write_column(stream.context, name, type_name, column.to_list(), stream.fout)
            else:
                stream.fout.write(values)
        stream.finalize()
