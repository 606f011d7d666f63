"""Whether a release understands the statements that make roles. chDB keeps no roles: it is asked no more than that."""

import re
from collections.abc import Iterator

from clickhouse_driver.errors import ServerException

from engines.client_settings import default_of
from engines.engine import EngineClient
from engines.filled import DATABASE
from sinks.access.apply import of_brands, scratch_statements, statements

#: The first release with grants by the beginning of a name.
GRANTS_BY_PREFIX = (24, 10)
PROFILE = re.compile(r"^ {4}(\w+)(?: = \d+)?(?: READONLY| MIN)", re.MULTILINE)


def refused(client: EngineClient) -> list[str]:
    """Statements that are not understood, and settings of profiles that do not exist."""
    return [*_not_understood(client), *_unknown_settings(client)]


def _not_understood(client: EngineClient) -> Iterator[str]:
    [(version,)] = client.execute("SELECT version()")
    made = [*statements(DATABASE), *of_brands(DATABASE, ["b1"])]
    if tuple(map(int, version.split(".")[:2])) >= GRANTS_BY_PREFIX:
        made += scratch_statements(DATABASE)
    for statement in made:
        try:
            client.execute("SELECT formatQuery(%(sql)s)", {"sql": statement})
        except ServerException as error:
            yield f"{statement}: {error}"


def _unknown_settings(client: EngineClient) -> Iterator[str]:
    [profile] = [each for each in statements(DATABASE) if "CREATE SETTINGS PROFILE" in each]
    names = PROFILE.findall(profile)
    assert len(names) > 5
    yield from (name for name in names if default_of(client, name) is None)
