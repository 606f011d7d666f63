"""Guards of a rebuild."""

from mutants.mutant import Mutant

OF_REBUILD = (
    Mutant(
        "a rebuild leaves out who was to be forgotten",
        "rebuild/run.py",
        "before = frozenset(self._workers.forgotten())",
        "before = frozenset[str]()",
        ("tests/rebuild/test_forgotten.py",),
    ),
    Mutant(
        "a rebuild takes back what it wrote of who is forgotten meanwhile",
        "rebuild/run.py",
        "            take_back(self._clickhouse, user)\n",
        "            pass\n",
        ("tests/rebuild/test_forgotten.py",),
    ),
    Mutant(
        "a rebuild tells what it covers when all of it is done",
        "rebuild/run.py",
        "            parts = facts.parts()\n",
        "            _note(clickhouse, scope, facts.days, started_ms, published_until)\n"
        "            parts = facts.parts()\n",
        ("tests/rebuild/test_cut_off.py",),
    ),
    Mutant(
        "a rebuild with a shorter lookback covers nothing of a longer one",
        "rebuild/sql/uncovered.sql",
        "WHERE lookback_days >= {lookback_days}",
        "WHERE lookback_days >= 1 OR {lookback_days} = 0",
        ("tests/rebuild/test_late.py",),
    ),
    Mutant(
        "what was published after a rebuild is not covered by it",
        "rebuild/sql/uncovered.sql",
        " AND published_at <= done.4",
        "",
        ("tests/rebuild/test_late.py",),
    ),
    Mutant(
        "windows of the first days are read whole",
        "rebuild/scope.py",
        "return self.first_paid - self.lookback_days * DAY_MS",
        "return self.first_paid",
        ("tests/rebuild/test_scope.py",),
    ),
    Mutant(
        "rows say where messages had expired before they were read",
        "rebuild/facts.py",
        "for first, behind in found]",
        "for first, behind in found if not behind]",
        ("tests/rebuild/test_gaps.py",),
    ),
    Mutant(
        "late events of a folder are joined whenever they say that they were published",
        "streams/cli/rebuild.py",
        "replace(scope, uncovered=False)",
        "scope",
        ("tests/cli/test_rebuild_errors.py",),
    ),
)
