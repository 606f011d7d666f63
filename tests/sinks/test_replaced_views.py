"""A view that is replaced keeps the owner that --with-access gave it."""

from dataclasses import replace

import pytest

from sinks.differences import differences
from sinks.found import Found, Stored
from sinks.schema import load_schema

SCHEMA = load_schema()
OLD = "CREATE VIEW z.current_touches\n(\n    `n` UInt8\n)\nDEFINER = {} SQL SECURITY DEFINER\nAS SELECT 1 AS n"


class Writing:
    """Writes every statement as it is given."""

    def execute(self, query: str, parameters: dict[str, str]) -> list[tuple[str]]:
        return [(parameters["statement"],)]


@pytest.mark.parametrize(
    ("owner", "kept"), [("z_views", True), ("`z_views`", True), ("somebody", False)]
)
def test_only_the_owner_of_all_views_is_kept(owner: str, kept: bool) -> None:
    only = replace(SCHEMA, views=[v for v in SCHEMA.views if v.name == "current_touches"])
    stored = {name: Stored("", "", {}) for name in only.tables}
    stored["current_touches"] = Stored(OLD.format(owner), "", {})
    found = Found(stored, {each.name: each.checksum for each in only.migrations})
    [made] = [d for d in differences(Writing(), "z", only, found) if "view current" in d.told]
    [statement] = made.statements
    assert statement.startswith("CREATE OR REPLACE VIEW `z`.`current_touches`")
    assert ("DEFINER = `z_views` SQL SECURITY DEFINER" in statement) == kept
