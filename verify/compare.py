"""Expected rows against live ones, both in one database of ClickHouse: `expected_<table>` and `live_<table>`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from clickhouse_driver import Client

from verify.expected import key_of
from verify.tables import TABLES

#: How many differences of a kind are shown.
EXAMPLES = 3


class Verdict(StrEnum):
    """What a comparison comes to."""

    EQUAL = "equal"
    NOT_EQUAL = "not equal"
    NOTHING = "nothing compared"


class Kind(StrEnum):
    """What can be wrong with a row."""

    MISSING = "missing"
    EXTRA = "extra"
    DIFFERING = "differing"
    DOUBLED = "doubled"


@dataclass(frozen=True, slots=True)
class Example:
    """One row that is wrong.

    key: column → value of what makes the row.
    values: column → (expected, found), where these differ; of a differing row only.
    """

    kind: Kind
    key: dict[str, str]
    values: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(slots=True)
class Comparison:
    """What was found in one table.

    compared: rows that were looked at, in their days: expected, found, or both.
    expected, found: how many of each. wrong: how many rows of each kind.
    left_out: why rows of those days were not looked at → how many.
    """

    table: str
    compared: int = 0
    expected: int = 0
    found: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    wrong: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(Kind, 0))
    examples: list[Example] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        """Whether every row that must be there is there, once, and no other."""
        if any(self.wrong.values()):
            return Verdict.NOT_EQUAL
        return Verdict.EQUAL if self.compared else Verdict.NOTHING

    def leave_out(self, why: str, rows: int) -> None:
        """Count rows that are not looked at."""
        if rows:
            self.left_out[why] = self.left_out.get(why, 0) + rows

    def add(self, other: "Comparison") -> None:
        """Take in what was found in another part of the table."""
        self.compared += other.compared
        self.expected += other.expected
        self.found += other.found
        for why, rows in other.left_out.items():
            self.leave_out(why, rows)
        for kind, count in other.wrong.items():
            self.wrong[kind] += count
        self.examples += other.examples
        for kind in Kind:
            surplus = [example for example in self.examples if example.kind is kind][EXAMPLES:]
            self.examples = [example for example in self.examples if example not in surplus]


def compare(client: Client, table: str, where: str = "1", where_expected: str = "1") -> Comparison:
    """Every row of a table, expected and live. where: condition on both; where_expected: one more, on those only."""
    found = Comparison(table)
    statement = _statement(table, {"expected": f"{where} AND {where_expected}", "live": where})
    for kind, expected, live, count, examples in client.execute(statement):
        found.compared += count
        found.expected += expected
        found.found += live
        if kind:
            found.wrong[Kind(kind)] += count
            found.examples += [_example(table, Kind(kind), *example) for example in examples]
    return found


def _statement(table: str, where: Mapping[str, str]) -> str:
    key = key_of(table)
    # In a tuple, NULL and the text NULL look different.
    values = ", ".join(f"toString(tuple({sql}))" for sql in TABLES[table].values.values())
    sides = " UNION ALL ".join(
        f"SELECT {key}, [{values}] AS v, {side} AS live FROM {prefix}_{table} WHERE {condition}"
        for side, (prefix, condition) in enumerate(where.items())
    )
    return f"""
        SELECT wrong, sum(expected), sum(found), count(), groupArrayIf({EXAMPLES})((k, e, l), wrong != '')
        FROM
        (
            SELECT
                arrayMap(x -> toString(x), [{", ".join(f"toString(`{n}`)" for n in TABLES[table].key)}]) AS k,
                anyIf(v, NOT live) AS e,
                anyIf(v, live) AS l,
                countIf(NOT live) AS expected,
                countIf(live) AS found,
                multiIf(
                    found > 1, '{Kind.DOUBLED}',
                    expected = 0, '{Kind.EXTRA}',
                    found = 0, '{Kind.MISSING}',
                    e != l, '{Kind.DIFFERING}',
                    ''
                ) AS wrong
            FROM ({sides})
            GROUP BY {key}
        )
        GROUP BY wrong
    """


def _example(
    table: str, kind: Kind, key: list[str], expected: list[str], live: list[str]
) -> Example:
    differing = {
        name: (_untupled(one), _untupled(other))
        for name, one, other in zip(TABLES[table].values, expected, live, strict=False)
        if one != other and kind is Kind.DIFFERING
    }
    return Example(kind, dict(zip(TABLES[table].key, key, strict=True)), differing)


def _untupled(text: str) -> str:
    return text[1:-1]
