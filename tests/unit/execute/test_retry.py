"""Is there another attempt, and what do all of them come to?"""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.execute.retry import backoff_s, final_result, is_down, may_retry, skipped
from holdfast.model.case import Retries, Waiver
from holdfast.model.evidence import CaseError, Evidence, StepEvidence
from holdfast.model.finding import Finding
from holdfast.model.result import Attempt
from tests.unit.execute.running import broken, case, fine


def attempt(status: str = "failed", n: int = 1, **options: Any) -> Attempt:
    return Attempt(
        **{"n": n, "status": status, "started_s": 10.0 * n, "duration_s": 2.0, **options}
    )


@pytest.mark.parametrize(
    ("statuses", "times", "again"),
    [
        (["failed"], 1, True),
        (["error"], 1, True),
        (["failed", "failed"], 1, False),
        (["failed", "error"], 2, True),
        (["passed"], 3, False),
        (["undecided"], 3, False),
        (["failed"], 0, False),
    ],
)
def test_failed_and_errored_attempts_are_repeated_as_often_as_allowed(
    statuses: list[str], times: int, again: bool
) -> None:
    attempts = [attempt(status) for status in statuses]
    assert may_retry(case("a", retries=Retries(times=times)), attempts, broken()) == again


def test_an_attempt_that_does_not_count_uses_up_nothing() -> None:
    attempts = [attempt("error", counts=False), attempt("failed")]
    assert may_retry(case("a", retries=Retries(times=1)), attempts, broken())


def step(status: int) -> Evidence:
    return Evidence(
        steps=(StepEvidence(name="one", phase="step", evidence=Evidence(facts={"status": status})),)
    )


@pytest.mark.parametrize(
    ("on", "evidence", "again"),
    [
        ("timeout", broken("timeout"), True),
        ("timeout", broken("crash"), False),
        ("crash", broken("crash"), True),
        ("connection", broken("exception", "connection"), True),
        ("failed", fine(), True),
        ("error", fine(), False),
        ("status 503", Evidence(facts={"status": 503}), True),
        ("status 503", Evidence(facts={"status": 500}), False),
        ("status 503", step(503), True),
    ],
)
def test_only_named_outcomes_are_repeated(on: str, evidence: Evidence, again: bool) -> None:
    assert (
        may_retry(case("a", retries=Retries(times=1, on=(on,))), [attempt("failed")], evidence)
        == again
    )


def test_backoff_grows_and_ends_at_ten_minutes() -> None:
    retries = Retries(times=9, backoff_s=2.0, factor=3.0)
    assert [backoff_s(retries, [attempt()] * n) for n in (1, 2, 3)] == [2.0, 6.0, 18.0]
    assert backoff_s(retries, [attempt()] * 9) == 600.0
    assert backoff_s(retries, [attempt(counts=False), attempt()]) == 2.0
    assert backoff_s(Retries(times=1), [attempt()]) == 0.0


@pytest.mark.parametrize(
    ("evidence", "down"),
    [
        (broken("timeout"), True),
        (broken("exception", "connection"), True),
        (broken("exception"), False),
        (broken("crash"), False),
        (fine(), False),
    ],
)
def test_no_answer_is_down_and_a_bad_answer_is_not(evidence: Evidence, down: bool) -> None:
    assert is_down(attempt(), evidence) == down
    assert not is_down(attempt(counts=False), evidence)


def test_the_last_attempt_counts_and_disagreement_is_flaky() -> None:
    result = final_result(case("a"), [attempt("failed", 1), attempt("passed", 2)], "")
    assert (result.status, result.is_flaky, result.reason) == ("passed", True, "")
    assert (result.started_s, result.duration_s) == (10.0, 12.0)
    assert len(result.attempts) == 2
    assert not final_result(case("a"), [attempt("failed", 1), attempt("failed", 2)], "").is_flaky


def test_an_attempt_that_does_not_count_makes_nothing_flaky() -> None:
    result = final_result(case("a"), [attempt("error", 1, counts=False), attempt("passed", 2)], "")
    assert (result.status, result.is_flaky) == ("passed", False)
    assert len(result.attempts) == 2


def test_a_lost_attempt_is_an_error() -> None:
    assert final_result(case("a"), [attempt("lost")], "").status == "error"


@pytest.mark.parametrize(
    ("status", "today", "found"),
    [
        ("failed", "2026-01-31", ("skipped", "xfail", "expected to fail: known")),
        ("failed", "2026-02-01", ("failed", "", "")),
        ("passed", "2026-01-31", ("passed", "", "passed although expected to fail: known")),
        ("error", "2026-01-31", ("error", "", "")),
        ("undecided", "2026-01-31", ("undecided", "", "")),
    ],
)
def test_an_expected_failure_holds_for_failures_until_its_day(
    status: str, today: str, found: tuple[str, ...]
) -> None:
    finding = Finding(expectation="", status=status, message="") if status != "passed" else None  # type: ignore[arg-type]
    only = attempt(status, findings=(finding,) if finding else ())
    result = final_result(
        case("a", xfail=Waiver(reason="known", until="2026-01-31")), [only], today
    )
    assert (result.status, result.skip_kind, result.reason.removeprefix(": ")) == found


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        (
            attempt("error", error=CaseError(kind="exception", type="ValueError", message="m")),
            "ValueError: m",
        ),
        (
            attempt("error", error=CaseError(kind="timeout", type="Timeout", message="m")),
            "timeout: m",
        ),
        (
            attempt("undecided"),
            "nothing was expected: name at least one expectation, or `completes`",
        ),
        (
            attempt("failed", findings=(Finding(expectation="e", status="failed", message="m"),)),
            "e: m",
        ),
    ],
)
def test_the_reason_says_why(last: Attempt, reason: str) -> None:
    assert final_result(case("a"), [last], "").reason == reason


def test_what_was_not_carried_out_is_skipped_with_its_reason_and_what_was_tried() -> None:
    result = skipped(case("a"), "budget", "spent", [attempt()])
    assert (result.status, result.skip_kind, result.reason, result.started_s) == (
        "skipped",
        "budget",
        "spent",
        10.0,
    )
    assert skipped(case("a"), "need", "b did not pass", []).started_s == 0.0


def test_the_result_has_the_measurements_of_the_last_attempt() -> None:
    left = Evidence(measurements={"leak.calls": 12.0})
    result = final_result(case("a"), [attempt("failed"), attempt("passed", 2)], "2026-01-01", left)
    assert result.measurements == {"leak.calls": 12.0}


def test_a_pass_that_rests_on_an_unverified_double_says_so() -> None:
    left = Evidence(facts={"assumed": ["Payments was never verified"]})
    passed = final_result(case("a"), [attempt("passed")], "2026-01-01", left)
    failed = final_result(case("a"), [attempt("failed")], "2026-01-01", left)
    assert (passed.status, passed.reason) == ("passed", "assumed: Payments was never verified")
    assert "assumed" not in failed.reason
