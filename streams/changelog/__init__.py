"""The changelog: what the state of each partition number consists of, in a Kafka topic.

A round counts once its change is in the changelog. Only then is the change put into the state on disk, and only then
do its rows go to ClickHouse; the disk is a copy that can be lost.

Who writes is decided in the log itself. A worker that is assigned a partition number appends a *claim*, reads
everything before it, and goes on. Every change names the claim under which it was written, and one that comes after a
later claim is ignored by all readers: so a worker that was paused, and does not know that its partition has moved on,
cannot add to the state, and finds out before it writes to ClickHouse.
"""

from streams.changelog.changelog import Changelog, Fenced, Log, Ownership

__all__ = ["Changelog", "Fenced", "Log", "Ownership"]
