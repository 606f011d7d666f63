"""Commands make nothing where nothing was meant to be, and destroy nothing that is somebody's."""

import json

import pytest
from cli.commands import Zhongcao
from cli.event_lines import VIEW

ASK = ("SELECT count() FROM current_touches",)
OF_THIS_VERSION = ("sql", "--embedded", "here", "SELECT sum(expired_unread) FROM freshness")
REPLAY = ("replay", "no.jsonl", "--format", "jsonl", "--embedded")


@pytest.mark.parametrize(
    "command",
    [
        ("clickhouse",),
        ("sql", *ASK, "--embedded"),
        ("explain", "s1", "--embedded"),
        ("attribute", "--model", "markov", "--by", "note", "--embedded"),
        ("report", "--brand", "b1", "--embedded"),
        ("forget", "u1", "--embedded"),
        ("demo", "--events", "100", "--embedded"),
    ],
    ids=lambda command: command[0],
)
def test_what_is_not_ours_stays_as_it_is(zhongcao: Zhongcao, command: tuple[str, ...]) -> None:
    theirs = zhongcao.folder / "theirs"
    theirs.mkdir()
    (theirs / "thesis.txt").write_text("years of work")
    assert "theirs holds " in zhongcao.fails(*command, "theirs", code=2)
    assert [path.name for path in theirs.iterdir()] == ["thesis.txt"]
    assert "theirs/thesis.txt is no folder" in zhongcao.fails(*command, "theirs/thesis.txt", code=2)


@pytest.mark.parametrize("command", [("sql", *ASK), ("explain", "s1"), ("report", "--brand", "b1")])
def test_nothing_is_made_to_be_asked(zhongcao: Zhongcao, command: tuple[str, ...]) -> None:
    assert "There is no folder nowhere" in zhongcao.fails(*command, "--embedded", "nowhere", code=2)
    (zhongcao.folder / "empty").mkdir()
    assert "empty holds no data" in zhongcao.fails(*command, "--embedded", "empty", code=2)
    assert [path.name for path in zhongcao.folder.rglob("*")] == ["empty"]


def test_a_replay_of_a_file_that_is_not_there_makes_no_folder(zhongcao: Zhongcao) -> None:
    assert "no.jsonl" in zhongcao.fails(*REPLAY, "new")
    assert list(zhongcao.folder.iterdir()) == []


def test_a_demo_empties_no_folder_that_others_use(zhongcao: Zhongcao) -> None:
    zhongcao.ok("demo", "--events", "500", "--embedded", "here")
    (zhongcao.folder / "here/notes.md").write_text("mine")
    refusal = "here holds something that no demo made"
    assert refusal in zhongcao.fails("demo", "--events", "500", "--embedded", "here", code=2)
    (zhongcao.folder / "here/notes.md").unlink()
    zhongcao.ok("demo", "--events", "500", "--embedded", "here")
    zhongcao.fails("demo", "--events", "0", "--embedded", "here", code=2)
    assert int(zhongcao.sql("here", *ASK)[0][0])

    (zhongcao.folder / "one.jsonl").write_text(json.dumps(VIEW))
    zhongcao.ok("replay", "one.jsonl", "--format", "jsonl", "--embedded", "here")
    assert refusal in zhongcao.fails("demo", "--events", "500", "--embedded", "here", code=2)


def test_a_folder_of_another_version(zhongcao: Zhongcao) -> None:
    zhongcao.ok("demo", "--events", "500", "--embedded", "here")
    zhongcao.ok("sql", "--embedded", "here", "DROP VIEW freshness")
    zhongcao.ok(*OF_THIS_VERSION)
    later = "INSERT INTO schema_migrations (name, checksum) VALUES ('0099_later', 'x')"
    zhongcao.ok("sql", "--embedded", "here", later)
    assert "this version does not know: 0099_later" in zhongcao.fails(*OF_THIS_VERSION)
