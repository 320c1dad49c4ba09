from __future__ import annotations

from typing import Any

import pytest

from tests.unit.judge.judging import error_of, judge, judge_on, problem, status


def test_completes_asks_for_an_end_without_an_error_alone() -> None:
    assert status("completes") == "passed"
    assert status("completes", has_value=False) == "passed"
    assert status("completes", False) == "passed"


def test_an_answer_of_false_that_nothing_judges_is_undecided() -> None:
    finding = judge({"completes": "alone"}, False)
    assert (finding.expectation, finding.status) == ("completes", "undecided")
    assert finding.message.startswith("the call returned False, and nothing judged it; assert it")
    values: tuple[Any, ...] = (None, True, 0, "", [], {})
    assert [status({"completes": "alone"}, value) for value in values] == ["passed"] * 6
    assert status({"completes": "alone"}, has_value=False) == "passed"


@pytest.mark.parametrize(
    ("raw", "name", "expected"),
    [
        ("KeyError", "KeyError", "passed"),
        ("KeyError", "builtins.KeyError", "passed"),
        ("builtins.KeyError", "KeyError", "passed"),
        ("ConfigError", "app.errors.ConfigError", "passed"),
        ("app.errors.ConfigError", "app.errors.ConfigError", "passed"),
        ("other.ConfigError", "app.errors.ConfigError", "failed"),
        ("Error", "KeyError", "failed"),
        (None, "KeyError", "passed"),
        ({"type": "KeyError", "message": "^bo+m$"}, "KeyError", "passed"),
        ({"type": "KeyError", "message": "bang"}, "KeyError", "failed"),
        ({"message": "boom"}, "OSError", "passed"),
    ],
)
def test_an_exception_is_asked_for_by_type_and_message(raw: Any, name: str, expected: str) -> None:
    (finding,) = judge_on(error_of(name=name), {"raises": raw})
    assert finding.status == expected


def test_an_assertion_error_can_be_asked_for() -> None:
    evidence = error_of(name="AssertionError", is_assertion=True)
    assert judge_on(evidence, {"raises": "AssertionError"})[0].status == "passed"
    (finding,) = judge_on(evidence, {"raises": "KeyError"})
    assert finding.message == "the call must raise KeyError, got AssertionError: boom"


def test_a_call_that_raises_nothing_fails_raises() -> None:
    finding = judge({"raises": {"type": "KeyError", "message": "x"}}, 3)
    assert finding.message == (
        "the call must raise KeyError with a message matching /x/, but it ended without an error"
    )
    assert status({"not": {"raises": "KeyError"}}, 3) == "passed"


@pytest.mark.parametrize("kind", ["setup", "timeout", "crash", "internal"])
def test_what_the_code_did_not_raise_satisfies_no_raises(kind: str) -> None:
    evidence = error_of(kind, "FileNotFoundError")
    for raw in ("raises", {"raises": "FileNotFoundError"}, {"not": {"raises": "KeyError"}}):
        assert [each.status for each in judge_on(evidence, raw)] == ["error"]


def test_a_long_error_is_shown_by_its_first_line() -> None:
    (finding,) = judge_on(error_of(message=f"{'x' * 500}\nmore"), "completes")
    assert len(finding.message) < 320
    assert "more" not in finding.message
    (bare,) = judge_on(error_of(message="", name=""), "completes")
    assert bare.message == "exception"


def test_duration_judges_the_call_alone() -> None:
    assert status({"duration": "< 2s"}, call_s=1.9) == "passed"
    assert status({"duration": "<= 2s"}, call_s=2.0) == "passed"
    finding = judge({"duration": "< 100ms"}, call_s=0.912)
    assert (finding.status, finding.message) == (
        "failed",
        "the call took 912 ms (limit < 100ms)",
    )
    assert (finding.expected, finding.observed) == ("< 100ms", 0.912)


def test_a_duration_that_was_not_measured_is_undecided() -> None:
    assert judge({"duration": "< 2s"}).message == "the duration of the call was not measured"


@pytest.mark.parametrize(
    ("raw", "path", "message"),
    [
        ({"completes": {"in": "2s"}}, (), "completes must stand without parameters"),
        ({"raises": ""}, (), "the type of `raises` must not be empty"),
        ({"raises": {}}, (), "raises must have a type or a message"),
        ({"raises": 3}, (), "raises must be an object with type, message, got 3"),
        ({"raises": {"type": 3}}, ("type",), "type must be a string, got 3"),
        ({"raises": {"message": "("}}, ("message",), "a regular expression must compile"),
        ({"raises": {"typ": "a"}}, ("typ",), "did you mean 'type'?"),
        ({"duration": 2}, (), "duration must be a limit with an operator, got 2"),
        ({"duration": "2s"}, (), "duration must be a limit with an operator, got '2s'"),
        ({"duration": "< 2"}, (), "duration must have a unit of duration, got '< 2'"),
        ({"duration": "< 2KB"}, (), "duration must have a unit of duration"),
        ({"duration": "< -2s"}, (), "duration must be a limit that can be kept"),
        ({"duration": "< 0s"}, (), "duration must be a limit that can be kept"),
        ({"duration": "< 2parsec"}, (), "a limit must be"),
    ],
)
def test_bad_parameters_are_refused(raw: Any, path: tuple[str, ...], message: str) -> None:
    error = problem(raw)
    assert message in error.message
    assert error.path == (next(iter(raw)), *path)
