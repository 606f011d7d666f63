import logging

import pytest
from clickhouse_driver.errors import (
    ErrorCodes,
    NetworkError,
    ServerException,
    SocketTimeoutError,
    TypeMismatchError,
)

from schemas.errors import SettingsError, SinkRejected, SinkUnavailable
from sinks.retry import RETRYABLE_CODES, RetryPolicy, is_retryable, persistently

POLICY = RetryPolicy(attempts=3, first_wait_s=1.0, max_wait_s=8.0)

#: Written down a second time: a code that leaves the table is missed here.
PASSING_CODES = (
    *(3, 32, 75, 159, 173, 198, 201, 202, 203, 209, 210, 225, 236, 241, 242, 243, 252, 254, 279),
    *(285, 286, 319, 394, 425, 439, 473, 499, 574, 733, 745, 999),
)

PASSES = [
    NetworkError("refused"),
    SocketTimeoutError("slow"),
    EOFError("closed"),
    ConnectionResetError("reset"),
    BrokenPipeError("broken"),
    TimeoutError("slow"),
    *(ServerException("busy", code) for code in PASSING_CODES),
]

STAYS = [
    ServerException("DB::Exception: no such table", ErrorCodes.UNKNOWN_TABLE),
    ServerException("Timeout, network, memory: words do not decide", ErrorCodes.SYNTAX_ERROR),
    ServerException("wrong password", 516),
    ServerException("readonly user", ErrorCodes.READONLY),
    ServerException("no code"),
    # Their numbers are near those of others that pass.
    ServerException("no right", 497),
    ServerException("a file that cannot be read", 74),
    ServerException("rows of the wrong form", 33),
    TypeMismatchError("argument out of range"),
]


class Failing:
    """Raises the given errors one after the other, then returns."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


def run(action, waits):
    return persistently(action, "insert of 2 rows into touches", "ch:9000", POLICY, waits.append)


@pytest.mark.parametrize("error", PASSES, ids=repr)
def test_what_passes_by_itself_is_tried_again(error):
    assert is_retryable(error)
    waits: list[float] = []
    assert run(Failing(error), waits) == "done"
    assert len(waits) == 1


def test_no_other_code_passes():
    assert sorted(RETRYABLE_CODES) == sorted(PASSING_CODES)


@pytest.mark.parametrize("error", STAYS, ids=repr)
def test_what_stays_is_rejected_at_once(error):
    action = Failing(error)
    with pytest.raises(SinkRejected, match="insert of 2 rows into touches") as caught:
        run(action, [])
    assert action.calls == 1
    assert caught.value.__cause__ is error


def test_a_rejection_names_code_and_first_line_only():
    error = ServerException("DB::Exception: Table x is gone. Stack trace:\n0. main", 60)
    with pytest.raises(SinkRejected, match=r"code 60: Table x is gone.*") as caught:
        run(Failing(error), [])
    assert "main" not in str(caught.value)


def test_attempts_are_bounded_and_the_error_says_where_and_what_to_do():
    action = Failing(*[ServerException("DB::Exception: too many", 252)] * 5)
    waits: list[float] = []
    with pytest.raises(SinkUnavailable, match=r"ch:9000.*3 attempts.*TOO_MANY_PARTS.*start again"):
        run(action, waits)
    assert action.calls == 3
    assert len(waits) == 2


def test_a_bug_is_not_taken_for_a_fault_of_the_server():
    with pytest.raises(ZeroDivisionError):
        run(Failing(ZeroDivisionError()), [])


def test_waits_grow_to_their_bound_and_are_jittered_downwards():
    policy = RetryPolicy(attempts=6, first_wait_s=1.0, max_wait_s=4.0)
    for wait_s, longest in zip(policy.waits(), [1, 2, 4, 4, 4], strict=True):
        assert longest / 2 <= wait_s <= longest


def test_each_retry_is_a_warning(caplog):
    with caplog.at_level(logging.WARNING, logger="sinks.retry"):
        run(Failing(NetworkError("refused"), EOFError()), [])
    assert len(caplog.records) == 2
    assert "insert of 2 rows into touches at ch:9000" in caplog.text


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"first_wait_s": 0}, {"max_wait_s": 0.1}])
def test_a_policy_that_cannot_work_is_refused(wrong):
    with pytest.raises(SettingsError):
        RetryPolicy(**wrong)
