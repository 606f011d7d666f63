"""zhongcao verify ends with 0 only where something was compared and all of it is equal."""

from datetime import date

import pytest
from click.testing import CliRunner

from streams.cli.verify import verify
from verify.compare import Comparison, Kind
from verify.report import Report

TODAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("compared", "missing", "code", "told"),
    [(2, 0, 0, "equal"), (2, 1, 3, "not equal"), (0, 0, 4, "nothing compared")],
)
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_how_it_ends(
    monkeypatch: pytest.MonkeyPatch,
    compared: int,
    missing: int,
    code: int,
    told: str,
    options: list[str],
) -> None:
    found = Comparison("touches", compared=compared, expected=compared)
    found.wrong[Kind.MISSING] = missing
    report = Report(TODAY, None, None, 1, tables={"touches": found})
    monkeypatch.setattr("streams.cli.verify.check", lambda *_: report)
    done = CliRunner().invoke(verify, options)
    assert done.exit_code == code
    assert told in done.stdout
