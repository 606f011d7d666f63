"""Which changes of a contract are allowed, as a table of (before, after, complaint)."""

import pytest

from schemas.compatibility import check_compatibility
from schemas.errors import SchemaError
from schemas.registry import ListRegistry


def enum(*symbols, **more):
    return {"type": "enum", "name": "E", "symbols": list(symbols), **more}


def renamed(name, type_, *aliases):
    return {"name": name, "type": type_, "aliases": list(aliases)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("a", "int"), ("a", "long")),
        (("a", "long"), ("a", "double")),
        (("a", "string"), ("a", "bytes")),
        (("a", "bytes"), ("a", "string")),
        (("a", "int"), ("a", ["null", "long"])),
        (("a", enum("X")), ("a", enum("X", "Y"))),
        (("a", enum("X", "Y")), ("a", enum("X", default="X"))),
        (("a", "int"), renamed("b", "int", "a")),
        (("a", "int"), {"name": "b", "type": "int", "default": 0}),
    ],
)
def test_allowed(contract, before, after):
    check_compatibility(ListRegistry([contract(1, [before]), contract(2, [after])]))


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        (("a", "long"), ("a", "int"), "a"),
        (("a", ["null", "int"]), ("a", "int"), "a"),
        (("a", "string"), ("a", enum("X")), "a"),
        (("a", enum("X", "Y")), ("a", enum("X")), "a"),
        (("a", "int"), ("b", "int"), "b"),
        (("a", "int"), renamed("b", "int", "c"), "b"),
        (("a", "string"), renamed("b", "int", "a"), "b"),
    ],
)
def test_refused(contract, before, after, field):
    registry = ListRegistry([contract(1, [before]), contract(2, [after])])
    with pytest.raises(SchemaError, match=f"0002-.* cannot read .* 0001-.*: field {field}\\b"):
        check_compatibility(registry)


def test_the_record_must_keep_its_name(contract):
    registry = ListRegistry([contract(1, [("a", "int")]), contract(2, [("a", "int")], name="New")])
    with pytest.raises(SchemaError, match="record New"):
        check_compatibility(registry)


def test_every_earlier_version_counts(contract):
    # 2 reads 1 and 3 reads 2, but 3 has lost the default that 1 needs.
    with_default = {"name": "b", "type": "int", "default": 0}
    versions = [
        contract(1, [("a", "int")]),
        contract(2, [("a", "int"), with_default]),
        contract(3, [("a", "int"), ("b", "int")]),
    ]
    check_compatibility(ListRegistry(versions[:2]))
    check_compatibility(ListRegistry(versions[1:]))
    with pytest.raises(SchemaError, match=r"0003-.* cannot read the data of 0001-.*: field b"):
        check_compatibility(ListRegistry(versions))


def test_topics_are_independent(contract):
    registry = ListRegistry([contract(1, [("a", "long")]), contract(2, [("a", "int")], "others")])
    check_compatibility(registry)
