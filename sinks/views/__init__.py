"""The views of this version: one file each, with its current text. README.md says how to add or change one."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from jinja2 import Environment, TemplateError

from schemas.errors import DefinitionError
from sinks.comments import with_comments
from sinks.quoting import quoted
from sinks.statements import change_code, columns_of
from sinks.tables import EVIDENCE, ORDER_KINDS, ORGANIC, TOUCH_KINDS, UNKNOWN, VIA, enum8
from sinks.templates import environment, toml_of_views

#: Brands of a view that runs in the name of whoever asks: what it reads decides which rows are seen.
AS_WHAT_IT_READS = "as what it reads"
#: That of one whose rows are nobody's.
NONE = "none"

#: Roles that a header may name.
ROLES = frozenset({"analyst", "modeller"})
NOBODY = "nobody"

_HEADER = re.compile(r"^-- seen by: (?P<seen_by>.+)\n-- brand: (?P<brand>.+)\n", re.MULTILINE)
_STATEMENT = re.compile(
    r"""
    ^CREATE[ ](?P<materialized>MATERIALIZED[ ])?VIEW[ ](?P<name>\w+)(?:[ ]TO[ ](?P<target>\w+))?\n
    (?P<columns>\(\n.*?\n\))\n
    (?P<invoker>SQL[ ]SECURITY[ ]INVOKER\n)?
    AS\s(?P<query>.*)\n
    COMMENT[ ](?P<comment>'(?:[^'\\]|\\.)*');$
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)
_READ = re.compile(r"\b(FROM|(?<!ARRAY )JOIN)(\s+)(\w+)\b(?=(\s*\()?)")

_PARAMETER = re.compile(r"\{(\w+):(\w+)\}")
#: Type of a parameter → a value that it can have; of numbers 0.
_SOME = {"String": "''", "Date": "'1970-01-01'"}


@dataclass(frozen=True, slots=True)
class View:
    """One view.

    seen_by: roles that may read it, without the name of the database; the verifier may read all.
    brand: the column that says whose a row is, NONE or AS_WHAT_IT_READS.
    target: the table into which it feeds what is inserted, if it is materialized.
    columns, query, comment: parts of its statement.
    """

    name: str
    seen_by: frozenset[str]
    brand: str
    target: str | None
    columns: str
    query: str
    comment: str

    @property
    def reads(self) -> frozenset[str]:
        """What follows FROM or JOIN: tables, views and names of its own."""
        found: set[str] = set()

        def note(code: str) -> str:
            found.update(name for _, _, name, _ in _READ.findall(code))
            return code

        change_code(self.query, note)
        return frozenset(found)

    def call(self, name: str) -> str:
        """What follows FROM to read it under a name, with some value for each parameter."""
        found = dict(_PARAMETER.findall(self.query))
        given = ", ".join(f"{each} = {_SOME.get(kind, '0')}" for each, kind in found.items())
        return f"{quoted(name)}({given})" if given else quoted(name)

    def analysis(self, database: str, known: Collection[str]) -> str:
        """A statement that has its query analysed, with some value for each parameter, and changes nothing."""
        qualified = change_code(self.query, _qualifying(database, known, {}))
        query = change_code(qualified, lambda code: _PARAMETER.sub(_some, code))
        return f"DESCRIBE (\n{query}\n)"

    @property
    def brand_column(self) -> str | None:
        """The column that says whose a row is, if there is one."""
        return None if self.brand in (NONE, AS_WHAT_IT_READS) else self.brand

    @property
    def invoker(self) -> bool:
        """Whether it runs in the name of whoever asks."""
        return self.brand == AS_WHAT_IT_READS

    def statement(
        self,
        database: str,
        known: Collection[str],
        owner: str = "",
        new_names: Mapping[str, str] | None = None,
    ) -> str:
        """What creates it.

        known: names of the tables and views of the database.
        owner: the user in whose name it reads, instead of the one who creates it.
        new_names: views that go by another name than theirs, it itself perhaps.
        """
        renamed = new_names or {}
        kind = "MATERIALIZED VIEW" if self.target else "VIEW"
        place = f"{quoted(database)}.{quoted(renamed.get(self.name, self.name))}"
        to = f" TO {quoted(database)}.{self.target}" if self.target else ""
        security = "SQL SECURITY INVOKER\n" if self.invoker else ""
        if owner:
            security = f"DEFINER = {quoted(owner)} SQL SECURITY DEFINER\n"
        query = change_code(self.query, _qualifying(database, known, renamed))
        # Without the brackets, servers before 26 read FROM t COMMENT as the alias of t.
        return (
            f"CREATE {kind} {place}{to}\n{self.columns}\n{security}"
            f"AS (\n{query}\n)\nCOMMENT {self.comment}"
        )


def load_views() -> list[View]:
    """The views of this version, each after those that it reads.

    Raises DefinitionError when a file is not as README.md says.
    """
    rendering = environment()
    found = {
        entry.name.removesuffix(".sql"): _view(rendering, entry)
        for entry in files("sinks.views").iterdir()
        if entry.name.endswith(".sql")
    }
    order = TopologicalSorter({name: sorted(found[name].reads) for name in sorted(found)})
    try:
        return [found[name] for name in order.static_order() if name in found]
    except CycleError as error:
        ring = ", ".join(error.args[1])
        raise DefinitionError(
            f"Views read each other in a ring: {ring}. None can be first."
        ) from error


@cache
def models() -> Mapping[str, Mapping[str, Any]]:
    """Name of a credit model → what models.toml says of it."""
    return toml_of_views("models.toml")


def _view(rendering: Environment, entry: Traversable) -> View:
    """Raises DefinitionError when the file is not as README.md says."""
    file, name = f"sinks/views/{entry.name}", entry.name.removesuffix(".sql")
    try:
        text = rendering.from_string(entry.read_text(encoding="utf-8")).render(_context())
    except (TemplateError, UnicodeDecodeError) as error:
        raise DefinitionError(f"{file} is no template that can be filled in: {error}.") from error
    header, found = _HEADER.search(text), _STATEMENT.search(text)
    if header is None or found is None or found["name"] != name:
        raise DefinitionError(
            f"{file} lacks its header, or does not create {name}: sinks/views/README.md has the form."
        )
    columns = with_comments(f"\n{found['columns']}\n", file)
    view = View(
        name,
        frozenset({*header["seen_by"].split(", ")} - {NOBODY}),
        header["brand"],
        found["target"],
        columns.strip("\n"),
        found["query"],
        found["comment"],
    )
    if unknown := view.seen_by - ROLES:
        raise DefinitionError(
            f"{file} is seen by {', '.join(sorted(unknown))}: {', '.join(sorted(ROLES))} may see views."
        )
    if view.brand_column and view.brand_column not in {each.name for each in columns_of(columns)}:
        raise DefinitionError(
            f"{file} has no column {view.brand_column}, which would say whose a row is."
        )
    if view.invoker != bool(found["invoker"]):
        raise DefinitionError(
            f"{file} must have both or none: the brand `{AS_WHAT_IT_READS}` and SQL SECURITY INVOKER."
        )
    return view


def _some(parameter: re.Match[str]) -> str:
    return f"CAST({_SOME.get(parameter[2], '0')}, '{parameter[2]}')"


def _context() -> dict[str, Any]:
    """What files of views may use: types of columns, and the credit models."""
    touch = {name: number for name, number in TOUCH_KINDS.items() if name != "unsave"}
    told = {"payment": 5, "refund": 6}
    known = models()
    return {
        "fact_kind": enum8(TOUCH_KINDS),
        "touch_kind": enum8(touch),
        "credited_kind": enum8(ORGANIC | touch | UNKNOWN),
        "told_kind": enum8(ORGANIC | touch | told | UNKNOWN),
        "order_kind": enum8(ORDER_KINDS),
        "via": enum8(VIA),
        "evidence": enum8(EVIDENCE),
        "models": list(known),
        "adding_up": [name for name in known if known[name].get("adds_up", True)],
        "not_adding_up": [name for name in known if not known[name].get("adds_up", True)],
        "weights": {name: known[name]["weight"] for name in known},
        "explained": {name: known[name]["explained"] for name in known},
    }


def _qualifying(
    database: str, known: Collection[str], renamed: Mapping[str, str]
) -> Callable[[str], str]:
    """As ClickHouse keeps it: names of tables with their database, but not of views that are given parameters."""

    def change(found: re.Match[str]) -> str:
        word, space, name, called = found.groups()
        new = renamed.get(name, name)
        if name in known and not called:
            new = f"{quoted(database)}.{quoted(new)}"
        return f"{word}{space}{new}"

    return lambda code: _READ.sub(change, code)
