"""What a database lacks of what it must have, and the statements that mend it.

What is there is compared, not only what was noted: a table or view that somebody dropped or changed is found. Engines
are not compared, so Replicated ones may stand in for the plain ones.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version

from clickhouse_driver import Client
from clickhouse_driver.errors import ServerException

from schemas.errors import SinkRejected
from sinks import former
from sinks.found import Found, Stored, as_written
from sinks.quoting import literal, quoted
from sinks.retry import in_short, is_retryable
from sinks.schema import Migration, Schema, Table
from sinks.statements import condition_of
from sinks.views import View

#: The end of the name of a view on trial, and of what will stand in for a materialized view.
NEXT = "__next"


@dataclass(frozen=True, slots=True)
class Difference:
    """told: what is missing or otherwise, for people; nothing for what only goes with others.

    statements: what mends it; none where we can do nothing. mended: what they did, for people.
    trial: statements that make the new text of a view under another name, have it analysed, and drop it.
    analysis: a statement that changes nothing, and that fails where the server would refuse the text of a view;
    none where that depends on what else is to be mended.
    migration: whether a file of migrations mends it, which may change anything.
    """

    told: str
    mended: str = ""
    statements: Sequence[str] = ()
    trial: Sequence[str] = ()
    analysis: str = ""
    migration: bool = False


def differences(client: Client, database: str, schema: Schema, found: Found) -> list[Difference]:
    """All of them, in the order in which they must be mended.

    Raises SinkRejected when the database was made by a later version or from other files.
    """
    _refuse_later_views(database, found)
    waiting = pending(schema.migrations, found.applied, database)
    tables = () if waiting else schema.tables.values()
    first = [
        *(_not_applied(schema, migration, found) for migration in waiting),
        *(each for table in tables for each in _of_table(table, found)),
    ]
    views = list(_of_views(client, database, schema, found))
    if first:
        # What views read is not there yet.
        views = [replace(each, analysis="") for each in views]
    return [*first, *views, *_left_over(schema, found)]


def pending(
    wanted: Sequence[Migration], applied: Mapping[str, str], database: str
) -> list[Migration]:
    """The wanted migrations that were not applied. applied: name → checksum.

    Raises SinkRejected when others were, or the same with other checksums.
    """
    checksums = {**former.FILES, **{each.name: each.checksum for each in wanted}}
    if later := sorted(applied.keys() - checksums.keys()):
        raise SinkRejected(
            f"database {database} has migrations that this version does not know: "
            f"{', '.join(later)}. Run the version that made them, or a newer one"
        )
    if changed := sorted(name for name in applied if checksums[name] != applied[name]):
        raise SinkRejected(
            f"database {database} was made from other files than these: {', '.join(changed)}. Never "
            "edit a migration that has been applied: put the change into a new file"
        )
    ordered = sorted(wanted, key=lambda each: each.name)
    return [each for each in ordered if each.name not in applied]


def owner_of_views(database: str) -> str:
    """The user in whose name views read, where there are roles."""
    return f"{database}_views"


def _refuse_later_views(database: str, found: Found) -> None:
    ours = version("zhongcao")
    latest = max(found.made.values(), key=_numbers, default="")
    if _numbers(latest) > _numbers(ours):
        raise SinkRejected(
            f"database {database} has views of version {latest}, and this is version {ours}: run that "
            "version, or a newer one"
        )


def _numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


def _not_applied(schema: Schema, migration: Migration, found: Found) -> Difference:
    has_it = migration.name == former.BASELINE and former.FILES.keys() <= found.applied.keys()
    statements = [] if has_it else schema.statements(migration)
    noted = f"{literal(migration.name)}, {literal(migration.checksum)}"
    note = f"INSERT INTO schema_migrations (name, checksum) SELECT {noted}"
    # Another `migrate` may have exchanged tables at the same moment, and so back: then it is to be applied again.
    former_forms = list(dict.fromkeys(filter(None, map(condition_of, statements))))
    if former_forms:
        note += f" WHERE {' AND '.join(f'NOT EXISTS ({each.found})' for each in former_forms)}"
    return Difference(
        f"migration {migration.name} was not applied",
        f"{'noted' if has_it else 'applied'} {migration.name}",
        [*statements, note],
        migration=True,
    )


def _of_table(table: Table, found: Found) -> Iterator[Difference]:
    name, stored = table.name, found.stored.get(table.name)
    if stored is None:
        yield Difference(
            f"table {name} is missing",
            f"made table {name} again, without rows: restore a backup, or begin anew (docs/upgrading.md)",
            table.statements,
        )
        return
    place = "FIRST"
    for column in table.columns:
        if column.name not in stored.columns:
            yield Difference(
                f"table {name} has no column {column.name}",
                f"added column {column.name} to {name} again, without values",
                [
                    f"ALTER TABLE {name} ADD COLUMN IF NOT EXISTS {quoted(column.name)} "
                    f"{column.definition} {place}"
                ],
            )
        elif (kind := stored.columns[column.name][0]) != column.type:
            yield Difference(f"column {column.name} of {name} is {kind} and not {column.type}")
        place = f"AFTER {quoted(column.name)}"
    if changes := list(_comments(table, stored)):
        yield Difference(
            f"comments of {name} are not those of this version",
            f"set comments of {name}",
            [f"ALTER TABLE {name} {change}" for change in changes],
        )


def _comments(table: Table, stored: Stored) -> Iterator[str]:
    if table.comment and table.comment != literal(stored.comment):
        yield f"MODIFY COMMENT {table.comment}"
    for column in table.columns:
        if column.name in stored.columns:
            _, comment = stored.columns[column.name]
            if column.comment != literal(comment):
                yield f"COMMENT COLUMN {quoted(column.name)} {column.comment}"


def _of_views(client: Client, database: str, schema: Schema, found: Found) -> Iterator[Difference]:
    """A view is made anew when its text has changed, or that of one that it reads."""
    texts = [_text(client, view, database, schema) for view in schema.views]
    first = found.stored.keys().isdisjoint(view.name for view in schema.views)
    trials: dict[str, str] = {}
    anew: list[str] = []
    for view, text in zip(schema.views, texts, strict=True):
        stored = found.stored.get(view.name)
        changed = stored is None or stored.text != text
        if not changed and view.reads.isdisjoint(anew):
            continue
        if stored and not re.match(r"CREATE (MATERIALIZED )?VIEW ", stored.statement):
            yield Difference(f"{view.name} is a table, where a view must be: give it another name")
            continue
        alone = view.reads.isdisjoint(anew)
        anew.append(view.name)
        # The first views of a database need none: there is nothing that could be left as it was.
        if not (first or view.target):
            trials[view.name] = f"{view.name}{NEXT}"
        made = _made_anew(view, database, schema, stored, changed, trials)
        yield replace(made, analysis=view.analysis(database, schema.names)) if alone else made
    if notes := [
        name for view in schema.views if (name := view.name) in anew or name not in found.made
    ]:
        yield Difference("", "", [_note(notes, dropped=False)])


def _text(client: Client, view: View, database: str, schema: Schema) -> str:
    try:
        return as_written(client, view.statement(database, schema.names))
    except ServerException as error:
        if is_retryable(error):
            raise
        raise SinkRejected(
            f"ClickHouse cannot read the text of view {view.name}: {in_short(error)}"
        ) from error


def _made_anew(
    view: View,
    database: str,
    schema: Schema,
    stored: Stored | None,
    changed: bool,
    trials: Mapping[str, str],
) -> Difference:
    owner = owner_of_views(database)
    if stored is None or stored.owner != owner:
        owner = ""
    made = view.statement(database, schema.names, owner)
    trial = _trial(view, database, schema, trials) if view.name in trials else ()
    if stored is None:
        return Difference(f"view {view.name} is missing", f"made view {view.name}", [made], trial)
    statements = [_or_replace(made)]
    if view.target:
        statements = _exchanged(
            view, view.statement(database, schema.names, owner, {view.name: f"{view.name}{NEXT}"})
        )
    told = f"view {view.name} is not as this version has it" if changed else ""
    return Difference(told, f"replaced view {view.name}", statements, trial)


def _trial(
    view: View, database: str, schema: Schema, trials: Mapping[str, str]
) -> tuple[str, str, str]:
    new = trials[view.name]
    return (
        _or_replace(view.statement(database, schema.names, "", trials)),
        f"DESCRIBE (SELECT * FROM {view.call(new)})",
        f"DROP VIEW IF EXISTS {quoted(new)}",
    )


def _exchanged(view: View, made: str) -> list[str]:
    """Both feed for a moment: what is inserted then comes twice, and never not at all."""
    new = f"{view.name}{NEXT}"
    return [
        f"DROP VIEW IF EXISTS {new}",
        made,
        f"EXCHANGE TABLES {new} AND {view.name}",
        f"DROP VIEW {new}",
    ]


def _or_replace(statement: str) -> str:
    return statement.replace("CREATE VIEW", "CREATE OR REPLACE VIEW", 1)


def _left_over(schema: Schema, found: Found) -> Iterator[Difference]:
    """Views that have left the product, and those on trial by a `migrate` that may be at work or was cut short."""
    wanted = {view.name for view in schema.views}
    ours = {*found.made, *wanted}
    if former.FILES.keys() & found.applied.keys():
        ours |= former.VIEWS - found.dropped
    for name in sorted(found.stored):
        if name.endswith(NEXT) and name.removesuffix(NEXT) in ours:
            drop = f"DROP VIEW IF EXISTS {quoted(name)}"
            yield Difference(
                f"view {name} is on trial by a migrate that is at work, or was cut short",
                f"dropped view {name}",
                [drop],
            )
        elif name in ours - wanted:
            drop = f"DROP VIEW IF EXISTS {quoted(name)}"
            yield Difference(
                f"view {name} is no more in this version",
                f"dropped view {name}",
                [drop, _note([name], dropped=True)],
            )


def _note(views: Sequence[str], dropped: bool) -> str:
    names = ", ".join(map(literal, views))
    return (
        "INSERT INTO schema_views (name, version, dropped) "
        f"SELECT arrayJoin([{names}]), {literal(version('zhongcao'))}, {int(dropped)}"
    )
