"""`zhongcao attribute` on generated traffic: what it prints, what it writes, and what it refuses."""

import json
from typing import Any

import pytest
from cli.commands import Zhongcao

FOLDER = ("--embedded", "data")
#: Per brand: sub-orders, those without touches, and what was sold.
SOLD = """
SELECT brand_id, count(), countIf(empty(path.note_id)), sum(gross_fen), sum(refunded_fen)
FROM conversions_with_amounts GROUP BY brand_id ORDER BY brand_id
"""
WRITTEN = """
SELECT brand_id, sum(sub_orders), sumIf(sub_orders, channel = ''), sum(gross_fen), sum(refunded_fen)
FROM current_modelled_credits GROUP BY model, dimension, brand_id ORDER BY brand_id
"""
CHANNELS = {
    "kind": {"view", "save", "click"},
    "surface": {"EXPLORE", "SEARCH", "FOLLOWING", "PROFILE", "OTHER"},
    "creator": {"c0", "c1", "c2", "(unlisted)"},
}


@pytest.fixture(scope="module")
def traffic(tmp_path_factory: pytest.TempPathFactory) -> Zhongcao:
    """Events went through the whole pipeline."""
    zhongcao = Zhongcao(tmp_path_factory.mktemp("attribute"))
    replay = ("replay", "-", "--format", "jsonl", "--allowed-lateness-days", "120", *FOLDER)
    done = zhongcao(*replay, stdin=zhongcao.ok("generate", "--events", "50000"))
    assert done.returncode == 0, done.stderr
    notes = zhongcao.sql("data", "SELECT DISTINCT note_id FROM current_touches ORDER BY 1")
    lines = [f"{note},c{number % 3}\n" for number, (note,) in enumerate(notes[10:])]
    (zhongcao.folder / "creators.csv").write_text("note_id,creator_id\n" + "".join(lines))
    return zhongcao


@pytest.fixture(scope="module")
def sold(traffic: Zhongcao) -> list[tuple[str, list[float]]]:
    return numbers(traffic.sql("data", SOLD))


def found(traffic: Zhongcao, *args: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(traffic.ok("attribute", *args, "--json", *FOLDER))
    return report


def numbers(rows: list[tuple[str, ...]]) -> list[tuple[str, list[float]]]:
    return [(brand, [float(figure) for figure in figures]) for brand, *figures in rows]


@pytest.mark.parametrize("model", ["markov", "shapley"])
@pytest.mark.parametrize("by", ["note", *CHANNELS])
def test_credits_of_every_brand_add_up_to_what_it_sold(
    traffic: Zhongcao, sold: list[tuple[str, list[float]]], model: str, by: str
) -> None:
    creators = ("--creators", "creators.csv") if by == "creator" else ()
    traffic.sql("data", "TRUNCATE TABLE IF EXISTS modelled_credits")
    for _ in range(2):
        report = found(traffic, "--model", model, "--by", by, *creators)
        written = numbers(traffic.sql("data", WRITTEN))
        assert [brand for brand, _ in sold] == sorted(report["brands"])
        assert [brand for brand, _ in written] == sorted(report["brands"])
        for (_, expected), (_, figures) in zip(sold, written, strict=True):
            assert figures == pytest.approx(expected, abs=1e-6)
    for credits in report["brands"].values():
        channels = [credit["channel"] for credit in credits]
        assert len(set(channels)) == len(channels)
        assert set(channels) - {""} <= CHANNELS.get(by, set(channels))
        assert all(c["net_fen"] == c["gross_fen"] - c["refunded_fen"] for c in credits)
        assert all(
            (c["removal_effect"] is None) == (model == "shapley" or not c["channel"])
            for c in credits
        )


def test_days_and_window_are_those_of_the_orders(traffic: Zhongcao) -> None:
    report = found(
        traffic,
        *("--model", "shapley", "--by", "kind", "--brand", "brand-001"),
        *("--since", "2025-06-20", "--until", "2025-06-30", "--lookback-days", "7"),
    )
    asked = ("since", "until", "lookback_days")
    assert [report[name] for name in asked] == ["2025-06-20", "2025-06-30", 7]
    [(count, gross)] = traffic.sql(
        "data",
        "SELECT count(), sum(gross_fen) FROM conversions_with_amounts WHERE brand_id = 'brand-001'"
        " AND toDate(paid_at) BETWEEN '2025-06-20' AND '2025-06-30'",
    )
    [(organic,)] = traffic.sql(
        "data",
        "SELECT sum(gross_fen) FROM attribution(model = 'last', lookback_days = 7) WHERE kind = 'organic'"
        " AND brand_id = 'brand-001' AND paid_date BETWEEN '2025-06-20' AND '2025-06-30'",
    )
    credits = report["brands"]["brand-001"]
    assert sum(credit["sub_orders"] for credit in credits) == pytest.approx(int(count))
    assert sum(credit["gross_fen"] for credit in credits) == int(gross)
    assert [c["gross_fen"] for c in credits if not c["channel"]] == [int(organic)]


def test_the_table_has_the_greatest_channels_and_a_total(traffic: Zhongcao) -> None:
    args = ("--model", "markov", "--by", "note", "--brand", "brand-001")
    printed = traffic.ok("attribute", *args, *FOLDER).splitlines()
    credits = found(traffic, *args)["brands"]["brand-001"]
    assert printed[0].strip() == "brand-001"
    assert printed[1].split() == [
        "note",
        "removal",
        "sub-orders",
        "gross",
        "¥",
        "refunded",
        "¥",
        "net",
        "¥",
    ]
    assert [line.split()[0] for line in printed[2:22]] == [c["channel"] for c in credits[:20]]
    assert printed[22].startswith(f"({len(credits) - 21:,} others)")
    assert printed[23].startswith("(organic)")
    total = sum(credit["net_fen"] for credit in credits)
    assert printed[24].split()[-1] == f"{total / 100:,.2f}"


def test_orders_whose_touches_are_not_held_are_a_line(zhongcao: Zhongcao) -> None:
    zhongcao.ok("demo", "--events", "2000", "--embedded", "data")
    lost = (
        "INSERT INTO conversions SELECT * REPLACE (true AS path_incomplete, version + 1 AS version)"
    )
    zhongcao.ok("sql", *FOLDER, f"{lost} FROM conversions")
    query = "SELECT toString(kind), sum(sub_orders) FROM attribution(model = 'last', lookback_days = 30)"
    [(_, unknown)] = zhongcao.sql("data", f"{query} WHERE kind = 'unknown' GROUP BY kind")
    printed = zhongcao.ok("attribute", *MARKOV, *FOLDER).splitlines()
    of_unknown = [line.split()[1] for line in printed if line.startswith("(unknown)")]
    assert sum(map(float, of_unknown)) == float(unknown) > 0
    assert not any(line.startswith("(organic)") for line in printed)


def test_notes_without_a_creator_are_told(traffic: Zhongcao) -> None:
    args = ("--model", "markov", "--by", "creator", "--creators", "creators.csv")
    report = found(traffic, *args)
    unknown, notes = report["notes_without_creator"], report["notes"]
    assert 0 < unknown <= 10 < notes
    told = traffic.ok("attribute", *args, *FOLDER).splitlines()[-1]
    assert told.startswith(f"{unknown} of {notes:,} notes are not in the file of creators")


MARKOV = ("--model", "markov", "--by", "kind")


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        ((*MARKOV, "--embedded", "nowhere"), 2, "There is no folder nowhere"),
        ((*MARKOV, "--lookback-days", "91", *FOLDER), 2, "lookback_days is 91"),
        ((*MARKOV, "--lookback-days", "31", *FOLDER), 2, "give --lookback-days 30 or less"),
        ((*MARKOV, "--brand", "none", *FOLDER), 2, "There are no orders of brand none"),
        (
            (*MARKOV, "--since", "2025-07-01", "--until", "2025-06-30", *FOLDER),
            2,
            "--since 2025-07-01 is after --until 2025-06-30",
        ),
        ((*MARKOV, "--until", "9999-12-31", *FOLDER), 2, "--until 9999-12-31 is beyond the days"),
        ((*MARKOV, "--since", "1969-12-31", *FOLDER), 2, "--since 1969-12-31 is beyond the days"),
        (("--model", "markov", "--by", "creator", *FOLDER), 2, "--creators FILE.csv go together"),
        ((*MARKOV, "--creators", "creators.csv", *FOLDER), 2, "--creators FILE.csv go together"),
        ((*MARKOV, "--creators", "no.csv", *FOLDER), 1, "no.csv cannot be read as CSV"),
    ],
)
def test_what_is_wrong_is_told(
    traffic: Zhongcao, args: tuple[str, ...], code: int, says: str
) -> None:
    assert says in traffic.fails("attribute", *args, code=code)


def test_a_server_without_the_tables_is_told_what_it_lacks(zhongcao: Zhongcao) -> None:
    with zhongcao.serving("data", "--port", "0", "--http-port", "0"):
        server = zhongcao.served("data")
        other = server | {"ZHONGCAO_CLICKHOUSE_DATABASE": "other"}
        assert "run `zhongcao migrate`" in zhongcao.fails("attribute", *MARKOV, **other)
        assert "There are no orders" in zhongcao.fails("attribute", *MARKOV, code=2, **server)
