"""Hands events to the topics in memory, in chunks.

A chunk becomes visible at once, when all before it has been judged. So what was unread at an event, on which event time
depends, follows from the order of the events alone: the same events come to the same rows, however fast they are read.
"""

import threading
import time
from collections.abc import Callable, Iterable

from schemas.codec import Codec
from schemas.errors import StateError
from schemas.topics import SOURCE_TOPICS, SourceEvent
from streams.folder.handed_over import HandedOver
from streams.transport.memory import MemoryBroker, Message

#: A chunk, of all topics and partitions, is full with so many records, or so many bytes of them.
CHUNK, CHUNK_BYTES = 40_000, 32 << 20
#: The source waits while so many are not safe.
MAX_BACKLOG, MAX_BACKLOG_BYTES = 100_000, 64 << 20
#: What comes slowly waits so long for its chunk to be full, at most.
LINGER_S = 0.5
POLL_S = 0.005


class Source(threading.Thread):
    """Publishes events, as fast as they are processed.

    all_judged: whether nothing that is visible is still to be judged.
    live: events may come slowly, and are not waited for with those that are there.
    handed_over: what was published before, if the run is done over. The same must come, in the same chunks.
    published: how many so far. error: what stopped it, if anything did.
    """

    def __init__(
        self,
        broker: MemoryBroker,
        codec: Codec,
        events: Iterable[SourceEvent],
        all_judged: Callable[[], bool],
        live: bool,
        handed_over: HandedOver,
    ) -> None:
        super().__init__(name="source", daemon=True)
        self.published = 0
        self.error: BaseException | None = None
        self._broker = broker
        self._codec = codec
        self._events = events
        self._all_judged = all_judged
        self.live = live
        self._handed_over = handed_over
        self._refused = False
        self._chunk: list[Message] = []
        self._chunk_bytes = 0
        self._since = 0.0
        self._guard = threading.Lock()
        self._stopping = threading.Event()

    def run(self) -> None:
        """Publish until the events end, fail, or `stop` is called."""
        try:
            for event in self._events:
                if self._stopping.is_set():
                    return
                self._add(self._message(event))
        except BaseException as error:
            self.error = error
        self._wait_for_room()
        self._hand_over()

    @property
    def whole(self) -> bool:
        """Nothing is lacking of what was published before, and everything could be published that came."""
        return not self._refused and self._handed_over.lacking is None

    @property
    def ended(self) -> bool:
        """Nothing more will be published."""
        return self._stopping.is_set() or not self.is_alive()

    def stop(self) -> None:
        """Publish what has come and is not to come again, and no more."""
        with self._guard:
            self._stopping.set()
        self._hand_over()

    def hurry(self) -> None:
        """Publish what has waited for its chunk to be full for long enough; to be called now and then."""
        waited_s = time.monotonic() - self._since
        if self._may_be_short and waited_s > LINGER_S and self._has_room():
            self._hand_over()

    @property
    def _may_be_short(self) -> bool:
        """Whether a chunk may be handed over before it is full, and before the end."""
        return self.live and self._handed_over.lacking is None

    def _message(self, event: SourceEvent) -> Message:
        timestamp = int(time.time() * 1000) if event.timestamp is None else event.timestamp
        value = self._codec.encode(event.topic, event.record)
        return Message(event.topic, event.record["user_id"].encode(), value, timestamp)

    def _add(self, message: Message) -> None:
        with self._guard:
            if self._stopping.is_set():
                return
            if not self._chunk:
                self._since = time.monotonic()
            self._chunk.append(message)
            self._chunk_bytes += len(message.key) + len(message.value or b"")
            full = self._full
        if full:
            self._wait_for_room()
            self._hand_over()

    @property
    def _full(self) -> bool:
        if self._handed_over.lacking is not None:
            return len(self._chunk) >= self._handed_over.lacking
        return len(self._chunk) >= CHUNK or self._chunk_bytes >= CHUNK_BYTES

    def _has_room(self) -> bool:
        return self._all_judged() and self._broker_has_room()

    def _broker_has_room(self) -> bool:
        records = self._broker.backlog(SOURCE_TOPICS)
        return (
            records < MAX_BACKLOG and self._broker.backlog_bytes(SOURCE_TOPICS) < MAX_BACKLOG_BYTES
        )

    def _wait_for_room(self) -> None:
        while not (self._has_room() or self._stopping.wait(POLL_S)):
            pass

    def _hand_over(self) -> None:
        if self._stopping.is_set() and not self._may_be_short:
            return
        with self._guard:
            if self._noted():
                self._broker.publish_all(self._chunk)
                self.published += len(self._chunk)
            self._chunk, self._chunk_bytes = [], 0
            self._since = time.monotonic()

    def _noted(self) -> bool:
        """Whether a chunk may become visible; nothing may after one that may not."""
        if self._refused or not (self._chunk or self._handed_over.lacking):
            return False
        try:
            self._handed_over.note(self._chunk)
        except StateError as error:
            # What stopped the source is the reason for what is lacking.
            self.error = self.error or error
            self._refused = True
            self._stopping.set()
        return not self._refused
