"""Milliseconds and Asia/Shanghai days.

China has kept UTC+8 without daylight saving time since September 1991, and events before 1992 are refused,
so a day is plain arithmetic.
"""

from datetime import UTC, date, datetime, timedelta

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
SHANGHAI_OFFSET_MS = 8 * HOUR_MS

#: 1992-01-01 and 2100-01-01 in Asia/Shanghai, ms since the Unix epoch: where occurred_at may lie.
EARLIEST_MS = 694_195_200_000
LATEST_MS = 4_102_416_000_000

#: The Kafka timestamp of a record that has none.
NO_TIMESTAMP = -1


def bounded_time(timestamp_ms: int) -> int:
    """A Kafka timestamp, which may be any number, as one that every table can hold: NO_TIMESTAMP at least."""
    return min(max(timestamp_ms, NO_TIMESTAMP), LATEST_MS)


def shanghai_day(time_ms: int) -> int:
    """The Asia/Shanghai day of a time, in days since 1970-01-01."""
    return (time_ms + SHANGHAI_OFFSET_MS) // DAY_MS


def day_start_ms(day: int) -> int:
    """The first millisecond of an Asia/Shanghai day."""
    return day * DAY_MS - SHANGHAI_OFFSET_MS


def iso_utc(seconds: float) -> str:
    """A Unix time in ISO 8601, UTC, to the millisecond: 2025-06-17T04:00:00.000Z."""
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def day_text(day: int) -> str:
    """A day, in days since 1970-01-01, as 2025-06-17."""
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()


def time_text(time_ms: int) -> str:
    """A time in Asia/Shanghai to the second: 2025-06-17 12:00:00."""
    shifted = datetime.fromtimestamp((time_ms + SHANGHAI_OFFSET_MS) // 1000, UTC)
    return shifted.strftime("%Y-%m-%d %H:%M:%S")
