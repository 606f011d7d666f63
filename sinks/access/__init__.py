"""Who may do what in ClickHouse: roles, row policies by brand, and limits on analysts' queries."""

from sinks.access.apply import apply_access

__all__ = ["apply_access"]
