"""The views: one file each, whose text is applied anew whenever `migrate` runs, after those that it reads."""

import re
from dataclasses import dataclass
from graphlib import TopologicalSorter
from importlib.resources import files

#: What names no table: comments and strings.
_NO_CODE = re.compile(r"--[^\n]*|'(?:[^'\\]|\\.)*'")
_READ = re.compile(r"\b(?:FROM|JOIN|TO)\s+(\w+)")


@dataclass(frozen=True, slots=True)
class View:
    """One view. sql: the statement that creates it, or replaces what has its name."""

    name: str
    sql: str

    @property
    def reads(self) -> frozenset[str]:
        """Names of the tables and views that it reads or, if materialized, writes."""
        return frozenset(_READ.findall(_NO_CODE.sub("", self.sql)))


def load_views() -> list[View]:
    """The views of this version, each after those that it reads."""
    found = {
        name: View(name, entry.read_text(encoding="utf-8").rstrip().removesuffix(";"))
        for entry in files("sinks.views").iterdir()
        if (name := entry.name.removesuffix(".sql")) != entry.name
    }
    order = TopologicalSorter({name: sorted(found[name].reads) for name in sorted(found)})
    return [found[name] for name in order.static_order() if name in found]
