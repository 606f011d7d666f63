"""What a user can do wrong with `zhongcao rebuild`: one sentence, the right exit code, and nothing is created."""

import json

import pytest
from cli.commands import Zhongcao
from cli.event_lines import DAY, NOON, PAY, VIEW

#: Nobody listens there.
AWAY = {"ZHONGCAO_BROKER": "kafka://127.0.0.1:1", "ZHONGCAO_CLICKHOUSE_PORT": "1"}


def replay(zhongcao: Zhongcao, *events: dict[str, object], options: tuple[str, ...] = ()) -> str:
    lines = "\n".join(map(json.dumps, events))
    into = ("--format", "jsonl", "--embedded", "data", *options)
    done = zhongcao("replay", "-", *into, stdin=lines)
    assert done.returncode == 0, done.stderr
    return " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--since", "2026-02-02", "--until", "2026-02-01"), "lies after --until 2026-02-01"),
        (("--lookback-days", "91"), "lookback_days is 91 but must be from 1 to 90"),
        (("--config", "none.toml"), "none.toml"),
    ],
)
def test_what_cannot_be_meant(zhongcao: Zhongcao, args: tuple[str, ...], told: str) -> None:
    assert told in zhongcao.fails("rebuild", *args, code=2, **AWAY)


@pytest.mark.parametrize("day", ["2026-02-30", "yesterday", "2026-2"])
def test_a_day_that_is_none(zhongcao: Zhongcao, day: str) -> None:
    done = zhongcao("rebuild", "--since", day)
    assert done.returncode == 2
    assert f"'{day}' does not match the format '%Y-%m-%d'" in " ".join(done.stderr.split())


def test_topics_that_end_with_their_process(zhongcao: Zhongcao) -> None:
    told = zhongcao.fails("rebuild", code=2, ZHONGCAO_BROKER="memory://")
    assert "name a folder with --embedded" in told


def test_clickhouse_is_away(zhongcao: Zhongcao) -> None:
    assert "127.0.0.1:1" in zhongcao.fails("rebuild", **AWAY)


def test_a_folder_that_is_none(zhongcao: Zhongcao) -> None:
    (zhongcao.folder / "file").touch()
    for name in ("none", "file", "."):
        assert name in zhongcao.fails("rebuild", "--embedded", name, code=2)
    assert [path.name for path in zhongcao.folder.iterdir()] == ["file"]


def test_brands_and_lookbacks_that_are_not_there(zhongcao: Zhongcao) -> None:
    replay(zhongcao, VIEW, PAY)
    into = ("rebuild", "--embedded", "data")
    assert "No event in data is of the brand 'b2'" in zhongcao.fails(*into, "--brand", "b2", code=2)
    told = zhongcao.fails(*into, "--lookback-days", "29", code=2)
    assert (
        "lookback_days is 29, but data has paths that were stored with 30: set it to 30 or more. Sh"
        in told
    )
    done = zhongcao(*into, "--since", "2099-01-01")
    assert (done.returncode, done.stdout) == (0, "")
    assert "Nothing to rebuild: there are no such events." in done.stderr


def test_late_events_that_wait(zhongcao: Zhongcao) -> None:
    """What --no-rebuild leaves, the command that it names joins, whatever was rebuilt before."""
    later = VIEW | {"brand_id": "b2", "occurred_at": NOON + 60 * DAY}
    replay(zhongcao, VIEW, PAY, later)
    zhongcao.ok("rebuild", "--embedded", "data")
    click = {"topic": "link-clicks", "click_id": "c1", "item_id": "i1", "placement": "NOTE"}
    same = {name: VIEW[name] for name in ("user_id", "note_id", "brand_id", "occurred_at")}
    # It says that it was published before the rebuild.
    same["timestamp"] = NOON
    told = replay(zhongcao, later, click | same, options=("--no-rebuild",))
    assert "1 late. What is late may not be joined yet. This joins it:" in told
    assert "rebuild --late --embedded data" in told
    kinds = "SELECT path.kind FROM conversions FINAL"
    assert zhongcao.sql("data", kinds) == [("['view']",)]
    done = zhongcao("rebuild", "--late", "--embedded", "data")
    assert "Rebuilt what events from 2025-06-17 to 2025-06-17 can change" in done.stderr
    assert zhongcao.sql("data", kinds) == [("['view','click']",)]
