"""A file of the engine's metadata that was cut is told in one sentence."""

import pytest
from embedded_clients import Run

MAKE = """
with EmbeddedServer(folder, account=Account()) as server, Client("127.0.0.1", port=server.native_port) as client:
    client.execute("CREATE DATABASE db")
    client.execute("CREATE TABLE db.t (x Int8) ENGINE = MergeTree ORDER BY x")
"""

OPEN = """
[file] = (folder / "clickhouse").rglob("{name}")
file.write_text({text!r})
try:
    EmbeddedServer(folder).start()
except EmbeddedServerError as error:
    print(error)
"""


@pytest.mark.parametrize("name", ["db.sql", "t.sql", "default.sql"])
@pytest.mark.parametrize("text", ["", "ATTACH TAB"])
def test_it_is_told_in_one_sentence(run_python: Run, name: str, text: str) -> None:
    run_python(MAKE)
    [sentence] = run_python(OPEN.format(name=name, text=text)).splitlines()
    assert sentence.startswith("chDB cannot open ")
    assert f"{name}" in sentence
    assert sentence.endswith("replay the events into a new one")
