"""What is loaded first does not matter."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from cli.commands import Zhongcao

#: Whatever is in them says nothing of when, or how late, an event came.
TABLES = {
    "touches": "* EXCEPT (too_late, published_at)",
    "order_events": "* EXCEPT (too_late, published_at)",
    "journeys": "*",
    "conversions": "*",
}
LATE = (
    "SELECT (SELECT countIf(too_late) FROM current_touches)"
    " + (SELECT countIf(too_late) FROM current_order_events)"
)
#: Longer than the generated traffic.
PATIENT = ("--allowed-lateness-days", "90")


def digests(zhongcao: Zhongcao, folder: str, *tables: str) -> dict[str, tuple[str, ...]]:
    return {
        table: zhongcao.sql(
            folder,
            "SELECT count(), sum(sipHash64(toString(tuple(*))))"
            f" FROM (SELECT {TABLES[table]} FROM {table} FINAL)",
        )[0]
        for table in tables or TABLES
    }


def replay(
    zhongcao: Zhongcao, folder: str, files: Sequence[str], *options: str, form: str = "jsonl"
) -> None:
    for file in files:
        zhongcao.ok("replay", file, "--format", form, "--embedded", folder, *options)


@pytest.fixture
def halves(zhongcao: Zhongcao, tmp_path: Path) -> tuple[str, str]:
    """Generated traffic in the order of its times, cut in two."""
    lines = zhongcao.ok("generate", "--events", "6000").splitlines(keepends=True)
    (tmp_path / "g1.jsonl").write_text("".join(lines[:3000]))
    (tmp_path / "g2.jsonl").write_text("".join(lines[3000:]))
    return "g1.jsonl", "g2.jsonl"


def test_two_files_in_both_orders(zhongcao: Zhongcao, halves: tuple[str, str]) -> None:
    """Half of the second order is too late: it is joined at the end."""
    g1, g2 = halves
    for folder, files in (("forth", (g1, g2)), ("back", (g2, g1)), ("again", (g2, g1, g2))):
        replay(zhongcao, folder, files)
    replay(zhongcao, "patient", (g2, g1), *PATIENT, "--no-rebuild")
    forth = digests(zhongcao, "forth")
    assert forth == digests(zhongcao, "back") == digests(zhongcao, "again")
    assert forth == digests(zhongcao, "patient")
    assert all(int(count) > 0 for count, _ in forth.values())
    assert int(zhongcao.sql("back", LATE)[0][0]) > 1000
    # Each file once more lies far behind, but all of it came in time before.
    replay(zhongcao, "forth", (g1, g2))
    assert zhongcao.sql("forth", LATE) == [("0",)]


def test_what_is_late_is_a_fact_and_in_the_rows_that_the_state_can_make(
    zhongcao: Zhongcao, halves: tuple[str, str]
) -> None:
    g1, g2 = halves
    replay(zhongcao, "forth", (g1, g2))
    replay(zhongcao, "back", (g2, g1), "--no-rebuild")
    facts = ("touches", "order_events")
    assert digests(zhongcao, "back", *facts) == digests(zhongcao, "forth", *facts)
    letters = "SELECT count() FROM dead_letters WHERE reason = 'too_late'"
    assert zhongcao.sql("back", letters) == [("0",)]
    # Each viewer and each order has a row, of the earliest payment; what it lacks makes its version smaller.
    for counted in (
        "count(), sum(toUnixTimestamp64Milli(entered_at)) FROM current_journeys",
        "count(), sum(sipHash64(sub_order_id, paid_at, order_id)) FROM conversions FINAL",
    ):
        back, forth = (zhongcao.sql(folder, f"SELECT {counted}") for folder in ("back", "forth"))
        assert back == forth
    versions = "SELECT brand_id, sub_order_id, version FROM conversions FINAL ORDER BY ALL"
    back, forth = (zhongcao.sql(folder, versions) for folder in ("back", "forth"))
    assert all(int(some[2]) <= int(whole[2]) for some, whole in zip(back, forth, strict=True))


def test_a_file_that_is_sorted_by_user(zhongcao: Zhongcao, tmp_path: Path) -> None:
    """As the public sample of Taobao is: each user's nine days, one user after another."""
    (tmp_path / "users.csv").write_text("".join(nine_days()))
    for folder, sort in (("sorted", "time"), ("unsorted", "none")):
        options = ("--sort", sort)
        replay(zhongcao, folder, ["users.csv"], *options, form="taobao-userbehavior")
    assert int(zhongcao.sql("sorted", LATE)[0][0]) == 0
    assert int(zhongcao.sql("unsorted", LATE)[0][0]) > 20
    rightly = digests(zhongcao, "sorted")
    assert digests(zhongcao, "unsorted") == rightly
    assert int(rightly["conversions"][0]) > 50


def nine_days() -> Iterator[str]:
    """Lines of user, item, category, behaviour and seconds."""
    begin = 1_511_544_000
    for user in range(1, 30):
        for day in range(9):
            item = 1000 + user % 5
            acts = [(item, "pv"), (1001 + day % 3, "pv"), (1001 + day % 3, "cart")]
            acts += [(1001 + user % 4, "fav"), (item, "buy")][: (user + day) % 3]
            for number, (item_id, act) in enumerate(acts):
                at = begin + 86_400 * day + 600 * number + user
                yield f"{user},{item_id},77,{act},{at}\n"
