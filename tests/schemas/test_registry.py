import pytest

from schemas.errors import SchemaError
from schemas.registry import DirectoryRegistry, UnknownSchema

RECORD = '{"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]}'


def folder(path, **files):
    for name, text in files.items():
        (path / name).write_text(text)
    return path


def test_the_highest_id_of_a_topic_is_current(tmp_path):
    files = {"0007-b.avsc": RECORD, "0005-a.avsc": RECORD, "12345-a.avsc": RECORD}
    registry = DirectoryRegistry(folder(tmp_path, **files, **{"README.md": "not a contract"}))
    assert registry.topics == ["a", "b"]
    assert registry.current("a").schema_id == 12345
    assert [version.schema_id for version in registry.versions("a")] == [5, 12345]
    assert registry.for_encoding("a") is registry.current("a")


def test_what_messages_were_written_with(tmp_path):
    registry = DirectoryRegistry(folder(tmp_path, **{"0005-a.avsc": RECORD, "0007-b.avsc": RECORD}))
    assert registry.writer("a", 5).text == RECORD
    with pytest.raises(UnknownSchema, match="is not registered"):
        registry.writer("a", 6)
    with pytest.raises(UnknownSchema, match="belongs to b"):
        registry.writer("a", 7)


def test_a_topic_without_contract(tmp_path):
    registry = DirectoryRegistry(folder(tmp_path, **{"0005-a.avsc": RECORD}))
    with pytest.raises(SchemaError, match=r"Topic 'b' has no contract; .* are a\."):
        registry.current("b")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("1-a.avsc", RECORD, "not named like a contract"),
        ("0001.avsc", RECORD, "not named like a contract"),
        ("0000-a.avsc", RECORD, "schema id 0 is outside"),
        ("2147483648-a.avsc", RECORD, "schema id 2147483648 is outside"),
        ("0001-a.avsc", "{", "0001-a.avsc is not JSON"),
        ("0001-a.avsc", '{"type": "recrd"}', "0001-a.avsc is not an Avro schema"),
        ("0001-a.avsc", '{"type": "record", "name": "R"}', "0001-a.avsc is not an Avro schema"),
        ("0001-a.avsc", "1", "0001-a.avsc is not an Avro schema"),
        ("0001-a.avsc", '"string"', "is an Avro string"),
    ],
)
def test_what_is_wrong_with_a_file(tmp_path, name, text, message):
    with pytest.raises(SchemaError, match=message):
        DirectoryRegistry(folder(tmp_path, **{name: text}))


def test_a_file_that_is_not_text(tmp_path):
    (tmp_path / "0001-a.avsc").write_bytes(b"\xff")
    with pytest.raises(SchemaError, match="cannot be read as UTF-8"):
        DirectoryRegistry(tmp_path)


def test_no_folder(tmp_path):
    with pytest.raises(SchemaError, match="cannot be read"):
        DirectoryRegistry(tmp_path / "missing")


def test_one_id_twice(tmp_path):
    files = {"0001-a.avsc": RECORD, "0001-b.avsc": RECORD}
    with pytest.raises(SchemaError, match=r"0001-a.avsc and 0001-b.avsc have the same schema id"):
        DirectoryRegistry(folder(tmp_path, **files))


def test_logical_types_are_their_underlying_types(contract):
    stamp = {"type": "long", "logicalType": "timestamp-millis"}
    made = contract(1, [("at", stamp)])
    assert "logicalType" not in str(made.schema)
