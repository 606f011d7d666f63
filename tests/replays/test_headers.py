"""A file of rows may begin with the names of its columns."""

import json

from cli.commands import Zhongcao

HEADER = "user,item,category,behavior,timestamp"
ROWS = ("1,2,3,pv,1511544070", "3,1,2,xx,1511561733", "1,2,3,buy,1511561739")


def test_the_first_line_is_let_by_in_any_order(zhongcao: Zhongcao) -> None:
    zhongcao.folder.joinpath("rows.csv").write_text("\n".join((HEADER, *ROWS)))
    form = ("--format", "taobao-userbehavior")
    for number, sort in enumerate(("time", "none")):
        new = f"new{number}"
        done = zhongcao("replay", "rows.csv", *form, "--sort", sort, "--embedded", new)
        assert done.returncode == 0, done.stderr
        assert "2 events processed" in done.stderr
        assert "The first line names the columns" in done.stderr
        [reject] = zhongcao.folder.joinpath(new, "rows.csv.rejects.jsonl").read_text().splitlines()
        assert json.loads(reject)["raw"] == ROWS[1]


def test_it_is_a_reject_anywhere_else(zhongcao: Zhongcao) -> None:
    zhongcao.folder.joinpath("rows.csv").write_text("\n".join((*ROWS, HEADER)))
    done = zhongcao("replay", "rows.csv", "--format", "taobao-userbehavior", "--embedded", "new")
    assert "2 lines are no events" in done.stderr
    assert "The first line" not in done.stderr
