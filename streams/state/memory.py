"""The memory that the states of a worker take, all together."""

from rocksdict import BlockBasedOptions, Cache, DBCompressionType, Options

#: RocksDB fills one buffer while another is written to disk.
BUFFERS = 2
MIN_BUFFER_BYTES = 1 << 20
MAX_BUFFER_BYTES = 32 << 20


class Memory:
    """One cache for all states, of half the size, and for each state its part of the other half to collect writes in.

    size: in bytes. states: as many as there can be at once.
    """

    def __init__(self, size: int = 64 << 20, states: int = 1) -> None:
        self._cache = Cache(size // 2)
        share = size // 2 // states // BUFFERS
        self._buffer_bytes = min(max(share, MIN_BUFFER_BYTES), MAX_BUFFER_BYTES)

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
        options.set_keep_log_file_num(2)
        options.set_max_open_files(256)
        return options
