"""The memory that the states of a worker take, all together."""

from collections.abc import Callable, Hashable, MutableMapping
from typing import Any, TypeVar

from rocksdict import BlockBasedOptions, Cache, DBCompressionType, Options

from streams.state import actors, crowds

#: RocksDB fills one buffer while another is written to disk.
BUFFERS = 2
MAX_BUFFER_BYTES = 16 << 20


K = TypeVar("K", bound=Hashable)
Holder = MutableMapping[K, Any]


class Room:
    """Memory for what can be read again, of several holders. What was used least recently makes room for the rest.

    size: in bytes, about. taken: so much of it is.
    took: is told that whenever it changes.
    """

    def __init__(self, size: int, took: Callable[[int], None]) -> None:
        self.size = size
        self._took = took
        self._held: dict[tuple[int, Hashable], tuple[Holder[Any], int]] = {}
        self.taken = 0

    def hold(self, holder: Holder[K], key: K, size: int) -> None:
        """A holder uses what it has under a key, which takes so many bytes now. That, too, goes if it does not fit."""
        self._forget(holder, key)
        self._held[id(holder), key] = holder, size
        self.taken += size
        while self.taken > self.size:
            (_, oldest), (of, _) = next(iter(self._held.items()))
            self._forget(of, oldest)
            of.pop(oldest, None)
        self._took(self.taken)

    def release(self, holder: Holder[K]) -> None:
        """A holder has nothing any more."""
        for key in list(holder):
            self._forget(holder, key)
        holder.clear()
        self._took(self.taken)

    def clear(self) -> None:
        """Nobody has anything any more."""
        self._held.clear()
        self.taken = 0
        self._took(0)

    def _forget(self, holder: Holder[K], key: K) -> None:
        _, size = self._held.pop((id(holder), key), (holder, 0))
        self.taken -= size


class Memory:
    """What all states know of actors, then half of the rest for each state to collect writes in, and half for what
    they have counted and one cache.

    size: in bytes, at least `streams.settings.STATE_BYTES` for each state. states: as many as there can be at once.
    room: half of what is for the cache, which has the less the more of it is taken.
    """

    def __init__(self, size: int = 64 << 20, states: int = 1) -> None:
        half = (size - states * actors.BYTES) // 2
        self._buffer_bytes = min(half // states // BUFFERS, MAX_BUFFER_BYTES)
        cached = half - states * crowds.BYTES
        self._cache = Cache(cached)
        self.room = Room(cached // 2, lambda taken: self._cache.set_capacity(cached - taken))

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
