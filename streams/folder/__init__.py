"""Runs in an embedded folder: each is all or nothing for the state, and reads what it is given in chunks."""

from streams.folder.run import KEPT, UNFINISHED, Run, alone, delete_leftovers
from streams.folder.source import Source

__all__ = ["KEPT", "UNFINISHED", "Run", "Source", "alone", "delete_leftovers"]
