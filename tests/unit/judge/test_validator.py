from __future__ import annotations

from typing import Any

import pytest

from holdfast.judge.combine import compile_expect
from holdfast.model.evidence import Assessment
from tests.unit.judge.judging import REGISTRY, judge, problem

ASSESSED = Assessment(
    key="checks:f", answer="failed", message="too low", expected=3, observed=2, score=0.5
)


def key_of(raw: Any) -> str:
    compiled = compile_expect(REGISTRY, {"python": raw})
    (call,) = compiled.component.needs(compiled.params)
    return call.key


def test_the_answer_on_the_live_value_is_the_finding() -> None:
    finding = judge({"python": "checks:f"}, 2, assessments=(ASSESSED,))
    assert (finding.expectation, finding.status, finding.message) == (
        "python checks:f",
        "failed",
        "too low",
    )
    assert (finding.expected, finding.observed, finding.score) == (3, 2, 0.5)


@pytest.mark.parametrize("answer", ["passed", "undecided"])
def test_an_answer_without_a_message_is_still_told(answer: Any) -> None:
    found = judge({"python": "a:b"}, 2, assessments=(Assessment(key="a:b", answer=answer),))
    assert (found.status, found.message) == (answer, f"a:b answered {answer}")


def test_a_validator_that_was_not_called_is_undecided() -> None:
    finding = judge(
        {"python": {"function": "checks:f", "with": {"n": 1}}}, 2, assessments=(ASSESSED,)
    )
    assert finding.status == "undecided"
    assert finding.message == "not assessed: checks:f was not called on the value"


def test_the_same_parameters_are_the_same_call() -> None:
    one = key_of({"function": "a:b", "with": {"x": 1, "y": [2]}})
    assert one == key_of({"ref": "a:b", "with": {"y": [2], "x": 1}})
    assert one != key_of({"ref": "a:b", "with": {"y": [3], "x": 1}})
    assert key_of("a:b") == key_of({"function": "a:b"}) == key_of({"function": "a:b", "with": {}})


@pytest.mark.parametrize("ref", ["a:b", "a.b.c:D.e", "checks/a.py:f", "./x y.py:f"])
def test_a_reference_names_a_module_or_file_and_a_function(ref: str) -> None:
    if " " in ref:
        assert "a function must be" in problem({"python": ref}).message
    else:
        assert key_of(ref) == ref


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("a", ()),
        ("a:", ()),
        (":b", ()),
        ("a:b()", ()),
        ("a:1b", ()),
        (3, ()),
        ({}, ()),
        ({"function": "a:b", "ref": "a:b"}, ()),
        ({"function": "ab"}, ("function",)),
        ({"function": "a:b", "with": [1]}, ("with",)),
        ({"function": "a:b", "args": {}}, ("args",)),
    ],
)
def test_bad_parameters_are_refused(raw: Any, path: tuple[str, ...]) -> None:
    assert problem({"python": raw}).path == ("python", *path)
