"""The memory that the states of a worker take, all together."""

from rocksdict import BlockBasedOptions, Cache, DBCompressionType, Options

from streams.state import actors, crowds

#: RocksDB fills one buffer while another is written to disk.
BUFFERS = 2
MAX_BUFFER_BYTES = 16 << 20


class Memory:
    """What all states know of actors and counts, then half of the rest for one cache, and half for each state to
    collect writes in.

    size: in bytes, at least `streams.settings.STATE_BYTES` for each state. states: as many as there can be at once.
    """

    def __init__(self, size: int = 64 << 20, states: int = 1) -> None:
        half = (size - states * (actors.BYTES + crowds.BYTES)) // 2
        self._cache = Cache(half)
        self._buffer_bytes = min(half // states // BUFFERS, MAX_BUFFER_BYTES)

    def options(self) -> Options:
        """The options of a state's store."""
        blocks = BlockBasedOptions()
        blocks.set_block_cache(self._cache)
        blocks.set_cache_index_and_filter_blocks(True)
        options = Options(raw_mode=True)
        options.create_if_missing(True)
        options.set_block_based_table_factory(blocks)
        options.set_compression_type(DBCompressionType.lz4())
        options.set_write_buffer_size(self._buffer_bytes)
        options.set_max_write_buffer_number(BUFFERS)
        # RocksDB logs the keys of a deletion; opening the store anew takes that log away.
        options.set_keep_log_file_num(1)
        options.set_max_open_files(256)
        return options
