from __future__ import annotations

from typing import Any

import pytest

from holdfast.judge.combine import assessors_of, compile_expect
from holdfast.model.case import Expect
from holdfast.model.evidence import Assessment
from holdfast.ports import AssessorCall
from tests.unit.judge.judging import REGISTRY, error_of, judge, problem


def call_of(raw: Any) -> AssessorCall:
    compiled = compile_expect(REGISTRY, {"same_as": raw})
    (call,) = compiled.component.needs(compiled.params)
    return call


def test_it_needs_a_comparison_where_the_value_lives() -> None:
    serial = call_of("serial")
    assert (serial.ref, serial.params) == ("holdfast.parallel.assess:same_as_serial", {})
    other = call_of({"python": "a:b", "with": {"rows": 3}, "tolerance": 1})
    assert other.ref == "holdfast.parallel.assess:same_as_other"
    assert other.params == {"other": "a:b", "arguments": {"rows": 3}, "tolerance": 1.0}


def test_another_function_is_given_the_arguments_of_the_target_unless_it_has_its_own() -> None:
    other = call_of({"python": "a:b"})
    assert (other.params, other.takes_arguments) == ({"other": "a:b"}, True)
    assert not call_of({"python": "a:b", "with": {}}).takes_arguments
    assert not call_of("serial").takes_arguments


def test_the_bare_word_serial_is_not_taken_for_a_plain_parameter() -> None:
    (call,) = assessors_of(REGISTRY, [Expect("same_as", "serial")])
    assert call == call_of("serial") == call_of({"serial": True})
    assert call_of({"serial": "sample"}).params == {"mode": "sample"}


def test_the_answer_of_the_comparison_is_the_finding() -> None:
    key = call_of("serial").key
    told = Assessment(key=key, answer="failed", message="differs", expected=1, observed=2)
    finding = judge({"same_as": "serial"}, 2, assessments=(told,))
    assert (finding.expectation, finding.status, finding.message) == (
        "same_as",
        "failed",
        "differs",
    )
    assert (finding.expected, finding.observed) == (1, 2)


def test_what_was_not_compared_is_undecided() -> None:
    other = Assessment(key=call_of({"python": "a:b"}).key, answer="passed")
    finding = judge({"same_as": "serial"}, 2, assessments=(other,))
    assert finding.status == "undecided"
    assert finding.message == "not compared: the other was not run beside the value"


def test_a_call_that_ended_with_an_error_is_not_the_same() -> None:
    compiled = compile_expect(REGISTRY, {"same_as": "serial"})
    finding = compiled.component.judge(compiled.params, error_of(), judge)
    assert finding.status == "undecided"
    assert finding.message.startswith("no value: the call ended with ValueError")


@pytest.mark.parametrize(
    ("raw", "path", "words"),
    [
        ("serail", (), "got 'serail'; did you mean 'serial'?"),
        (3, (), "must be an object"),
        ({}, (), "one of serial and python"),
        ({"serial": True, "python": "a:b"}, (), "one of serial and python"),
        ({"serial": False}, ("serial",), "must be true or 'sample', got False"),
        ({"serial": True, "with": {}}, ("with",), "beside python"),
        ({"python": "a.b"}, ("python",), "must be 'module:function', got 'a.b'"),
        ({"python": 3}, ("python",), "must be a string, got 3"),
        ({"python": "a:b", "with": [1]}, ("with",), "must be an object, got [1]"),
        ({"python": "a:b", "tolerance": 0}, ("tolerance",), "must be above 0, got 0"),
        ({"python": "a:b", "tolerance": True}, ("tolerance",), "must be a number, got True"),
        ({"python": "a:b", "withe": {}}, ("withe",), "did you mean 'with'?"),
    ],
)
def test_parameters_of_no_meaning_are_refused(raw: Any, path: Any, words: str) -> None:
    found = problem({"same_as": raw})
    assert words in found.message
    assert found.path == ("same_as", *path)
