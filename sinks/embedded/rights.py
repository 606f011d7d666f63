"""What the engine lets its one user do: everything with what is in the folder, nothing with the machine around it.

ClickHouse's own access control says so, from a configuration that chDB reads like clickhouse-local: rights, settings
that nobody may change because they name files or hide expressions in strings, and how much memory there is. The scalar
function `file` is free for everyone in clickhouse-local; a SQL function of its name is found first, however it is
written or called. The database `default` is one of clickhouse-local's that shows the working directory as tables; here
it is an ordinary one. What no right bounds is refused by `sinks.embedded.confinement`.
"""

import os
from pathlib import Path
from uuid import uuid4
from xml.sax.saxutils import escape

from schemas.errors import EmbeddedServerError
from sinks.embedded.memory_limit import engine_memory_bytes

CONFIG_FOLDER = "embedded"
#: All that keep their rows in the folder or in memory.
TABLE_ENGINES = frozenset((
    "MergeTree", "ReplacingMergeTree", "SummingMergeTree", "AggregatingMergeTree", "CollapsingMergeTree",
    "VersionedCollapsingMergeTree", "CoalescingMergeTree", "Memory", "Log", "TinyLog", "StripeLog", "Null", "Set",
    "Join", "Buffer", "Merge", "GenerateRandom",
))  # fmt: skip
DATABASE_ENGINES = frozenset(("Atomic", "Memory"))

#: No functions (they hide the one below), dictionaries, named collections, sources, backups, users, SYSTEM.
_RIGHTS = (
    "CHECK, SHOW, SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, CREATE TEMPORARY TABLE, "
    "CREATE ARBITRARY TEMPORARY TABLE, DROP DATABASE, DROP TABLE, DROP VIEW, UNDROP TABLE, TRUNCATE, OPTIMIZE, "
    "MOVE PARTITION BETWEEN SHARDS, KILL QUERY, dictGet ON *.*"
)
_FIXED_SETTINGS = (
    # They name files or addresses.
    "format_schema", "format_schema_source", "format_template_row", "format_template_resultset", "output_format_schema",
    "input_format_record_errors_file_path", "format_avro_schema_registry_url",
    # They hold expressions, or change how a statement is read.
    "additional_table_filters", "additional_result_filter", "select", "filter", "order", "sort", "dialect",
    "allow_experimental_analyzer",
)  # fmt: skip
#: Where clickhouse-local's own database goes; who may not read files finds nothing in it.
_WORKING_DIRECTORY = "_files"
#: Without these, or without a table of theirs, the engine runs no statement any more.
_OWN_DATABASES = ("system", "information_schema", "INFORMATION_SCHEMA", _WORKING_DIRECTORY)
_FILE_FUNCTION = Path("user_defined", "function_file.sql")
OUTSIDE = "for what is outside of the folder, start `zhongcao clickhouse` with --allow-outside"


def configure(folder: Path, data: Path, *, allow_outside: bool) -> Path:
    """Write the engine's configuration into a server's folder; data: where the engine keeps tables.

    Returns the path of the file. Raises OSError, and EmbeddedServerError for a folder that chDB cannot be told.
    """
    if bad := sorted(set("?&") & set(str(folder))):
        raise EmbeddedServerError(
            f"the path {folder} contains {' and '.join(bad)}, with which chDB ends a path: name another folder"
        )
    try:
        str(folder).encode()
    except UnicodeEncodeError as error:
        raise EmbeddedServerError(
            f"the path {folder} is not UTF-8, as chDB takes it: name another folder"
        ) from error
    data.mkdir(mode=0o700, exist_ok=True)
    config_folder = folder / CONFIG_FOLDER
    config_folder.mkdir(mode=0o700, exist_ok=True)
    _write(config_folder / "users.xml", _users("" if allow_outside else _confined()))
    _write(config_folder / "config.xml", _config(config_folder / "users.xml", data))
    _shadow_file_function(data, needed=not allow_outside)
    _make_default_database(data / "metadata")
    return config_folder / "config.xml"


def _shadow_file_function(data: Path, *, needed: bool) -> None:
    path = data / _FILE_FUNCTION
    if not needed:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(mode=0o700, exist_ok=True)
    _write(
        path,
        f"CREATE FUNCTION file AS (path) -> throwIf(1, 'The function file is not allowed: {OUTSIDE}')",
    )


def _make_default_database(metadata: Path) -> None:
    """Make `default` a database like others, with the tables that it has.

    Without that, chDB knows it by a link, and gives it to its own database for as long as there is one.
    """
    metadata.mkdir(mode=0o700, exist_ok=True)
    link, definition = metadata / "default", metadata / "default.sql"
    if not definition.exists():
        uuid = os.readlink(link).rpartition("/")[2] if link.is_symlink() else str(uuid4())
        _write(definition, f"ATTACH DATABASE _ UUID '{uuid}'\nENGINE = Atomic\n")
    link.unlink(missing_ok=True)


def _users(confined: str) -> str:
    return f"""<clickhouse>
  <profiles><default>{_constraints() if confined else ""}</default></profiles>
  <quotas><default/></quotas>
  <users>
    <default>
      <password></password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>{confined}
    </default>
  </users>
</clickhouse>
"""


def _constraints() -> str:
    fixed = "".join(f"<{name}><readonly/></{name}>" for name in _FIXED_SETTINGS)
    return f"<constraints>{fixed}</constraints>"


def _confined() -> str:
    engines = ", ".join(
        f"TABLE ENGINE ON {name}" for name in sorted(TABLE_ENGINES | DATABASE_ENGINES)
    )
    rights = [f"GRANT {each}" for each in (_RIGHTS, "SET DEFINER ON *", *engines.split(", "))]
    rights.append("REVOKE DROP DATABASE ON default.*")  # where every session begins
    for database in _OWN_DATABASES:
        rights += [f"REVOKE ALL ON {database}.*", f"GRANT SHOW, SELECT ON {database}.*"]
    return f"<grants>{''.join(f'<query>{right}</query>' for right in rights)}</grants>"


def _config(users: Path, data: Path) -> str:
    return f"""<clickhouse>
  <users_config>{escape(str(users))}</users_config>
  <user_files_path>{escape(str(data / "user_files"))}/</user_files_path>
  <default_database>{_WORKING_DIRECTORY}</default_database>
  <max_server_memory_usage>{engine_memory_bytes()}</max_server_memory_usage>
</clickhouse>
"""


def _write(path: Path, text: str) -> None:
    """Replace a file by one for its owner alone, also where a link or another's file lies in its place."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
