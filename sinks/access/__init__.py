"""Who may do what in ClickHouse: roles, row policies by brand, and limits on analysts' queries."""

from sinks.access.apply import apply_access
from sinks.access.differences import missing_access

__all__ = ["apply_access", "missing_access"]
