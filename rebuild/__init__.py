"""The rows of some days, joined anew from the facts in ClickHouse.

scope     what is asked for, and the times whose facts are needed for it
facts     facts of some users at a time, as the join wants them
rows      the join of the worker, over all that a user did
run       one part after another, each safe to do again
"""

from rebuild.run import Done, rebuild
from rebuild.scope import Scope

__all__ = ["Done", "Scope", "rebuild"]
