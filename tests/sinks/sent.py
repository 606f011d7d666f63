"""What a client of ClickHouse sends, without a server."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from clickhouse_driver import Client
from clickhouse_driver.bufferedwriter import BufferedSocketWriter
from clickhouse_driver.defines import BUFFER_SIZE, CLIENT_REVISION


class Sent:
    """The bytes of inserts of a client that believes to be connected.

    columns: names and types of the table, as the server tells them.
    """

    def __init__(
        self,
        client: Client,
        columns: Sequence[tuple[str, str]],
        revision: int = CLIENT_REVISION,
    ) -> None:
        self._client, self._sample = client, SimpleNamespace(columns_with_types=columns)
        self._pieces: list[bytes] = []
        connection = client.connection
        server = SimpleNamespace(used_revision=revision, get_timezone=lambda: "UTC")
        connection.server_info = connection.context.server_info = server
        connection.fout = BufferedSocketWriter(
            SimpleNamespace(sendall=self._pieces.append), BUFFER_SIZE
        )
        connection.block_out = connection.get_block_out_stream()
        client.receive_profile_events = lambda: None

    def __call__(self, data: Sequence[Any], columnar: bool = True) -> bytes:
        """What goes out for these rows. Raises what the driver raises."""
        self._pieces.clear()
        self._client.send_data(self._sample, data, columnar=columnar)
        return b"".join(self._pieces)
