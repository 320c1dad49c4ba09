from __future__ import annotations

from typing import Any

import msgspec
import pytest

from holdfast.builtin import COMPONENTS
from holdfast.judge.combine import (
    MAX_CACHED,
    NOTHING_EXPECTED,
    assessors_of,
    combine,
    compile_expect,
    make_judge,
    parse_expect,
    reason_of,
)
from holdfast.model.case import Expect
from holdfast.model.evidence import CaseError, Evidence
from holdfast.model.finding import Finding, failed, passed, undecided
from holdfast.registry import Registry
from tests.unit.judge.judging import (
    JUDGE,
    REGISTRY,
    error_of,
    evidence_of,
    judge_on,
    problem,
    status,
)


class Component:
    """An expectation that answers, or raises, what it was given."""

    requires: frozenset[str] = frozenset()

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.compiled = 0

    def schema(self) -> dict[str, Any]:
        return {}

    def compile(self, raw: Any, compile_one: Any) -> Any:
        self.compiled += 1
        return raw

    def nested(self, params: Any) -> tuple[()]:
        return ()

    def needs(self, params: Any) -> tuple[()]:
        return ()

    def judge(self, params: Any, evidence: Evidence, judge_one: Any) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def registry_with(answer: Any) -> tuple[Registry, Component]:
    registry = Registry(COMPONENTS, entry_points=False)
    component = Component(answer)
    registry.add("expectation", "own", component)
    return registry, component


def test_there_is_one_finding_per_expectation_in_their_order() -> None:
    findings = judge_on(evidence_of(3), {"equals": 4}, "not_empty", {"type": "integer"})
    assert [(f.expectation, f.status) for f in findings] == [
        ("equals", "failed"),
        ("not_empty", "passed"),
        ("type", "passed"),
    ]


def test_nothing_expected_is_undecided_and_says_so() -> None:
    findings = judge_on(evidence_of(3))
    assert (findings, combine(findings), reason_of(findings)) == (
        (),
        "undecided",
        NOTHING_EXPECTED,
    )


def test_the_reason_is_that_of_the_worst_finding() -> None:
    findings = judge_on(evidence_of(3), {"equals": 3}, {"equals": 4})
    assert reason_of(findings) == "equals: value must equal 4, got 3"
    assert reason_of(findings[:1]) == ""
    assert reason_of((Finding(expectation="own", status="failed"),)) == "own"


@pytest.mark.parametrize("kind", ["exception", "timeout", "crash", "setup", "internal"])
@pytest.mark.parametrize(
    "raws", [(), ("completes",), ({"equals": 1},), ({"not": {"equals": 1}}, "completes")]
)
def test_an_error_nobody_asked_for_is_an_error(kind: str, raws: tuple[Any, ...]) -> None:
    findings = judge_on(error_of(kind), *raws)
    assert combine(findings) == "error"
    assert "ValueError: boom" in findings[0].message
    assert len(findings) == max(1, len(raws))


@pytest.mark.parametrize("raws", [(), ("completes",), ({"equals": 1}, {"contains": "x"})])
def test_an_assertion_error_is_failed_with_its_message(raws: tuple[Any, ...]) -> None:
    findings = judge_on(
        error_of(name="AssertionError", message="3 is not 4", is_assertion=True), *raws
    )
    assert combine(findings) == "failed"
    assert findings[0].message == "3 is not 4"


def test_an_assertion_error_without_a_message_is_still_explained() -> None:
    (finding,) = judge_on(error_of(name="AssertionError", message="", is_assertion=True))
    assert finding.message == "an assertion without a message did not hold"


@pytest.mark.parametrize(
    ("raws", "expected"),
    [
        (({"raises": "ValueError"},), "passed"),
        (({"raises": "ValueError"}, {"duration": "< 2s"}), "passed"),
        (({"raises": "ValueError"}, "completes"), "failed"),
        (({"raises": "ValueError"}, {"equals": 1}), "undecided"),
        (({"raises": "KeyError"},), "failed"),
        (({"not": {"raises": "KeyError"}},), "error"),
        (({"not": {"raises": "ValueError"}},), "error"),
        (({"any_of": [{"raises": "ValueError"}, {"equals": 1}]},), "passed"),
        (({"any_of": [{"raises": "KeyError"}, {"equals": 1}]},), "error"),
        (({"any_of": [{"raises": "KeyError"}, {"duration": "< 2s"}]},), "error"),
        (({"all_of": [{"raises": "ValueError"}, {"duration": "< 2s"}]},), "passed"),
        (({"raises": "ValueError"}, {"nope": 1}), "error"),
    ],
)
def test_only_a_raises_that_holds_excuses_an_error(raws: tuple[Any, ...], expected: str) -> None:
    evidence = msgspec.structs.replace(error_of(), call_s=0.1)
    assert combine(judge_on(evidence, *raws)) == expected


@pytest.mark.parametrize("kind", ["timeout", "crash", "setup", "internal"])
def test_what_the_code_did_not_raise_satisfies_no_raises(kind: str) -> None:
    assert combine(judge_on(error_of(kind), {"raises": "ValueError"})) == "error"


def test_a_judge_that_crashes_is_undecided_and_named() -> None:
    registry, _ = registry_with(RuntimeError("lost"))
    (finding,) = make_judge(registry)([Expect("own")], evidence_of(1))
    assert (finding.status, finding.message) == (
        "undecided",
        "the judge crashed: RuntimeError: lost",
    )


@pytest.mark.parametrize("answer", [True, None, "passed", Finding(status="skipped")])  # type: ignore[arg-type]
def test_a_judge_that_answers_no_finding_is_undecided(answer: Any) -> None:
    registry, _ = registry_with(answer)
    (finding,) = make_judge(registry)([Expect("own")], evidence_of(1))
    assert finding.status == "undecided"
    assert "must return a Finding" in finding.message


def test_an_expectation_is_compiled_once_however_often_it_is_judged() -> None:
    registry, component = registry_with(passed())
    judge, expect = make_judge(registry), Expect("own", {"a": [1]})
    for _ in range(3):
        judge([expect, Expect("own", 5)], evidence_of(1))
    assert component.compiled == 2


def test_the_cache_is_bounded_and_never_confuses_parameters() -> None:
    judge = make_judge(REGISTRY)
    for number in range(MAX_CACHED + 10):
        assert judge([Expect("equals", number)], Evidence(value=number))[0].status == "passed"
    assert judge([Expect("equals", 1)], Evidence(value=True))[0].status == "failed"
    assert judge([Expect("equals", True)], Evidence(value=True))[0].status == "passed"
    assert judge([Expect("equals", [1])], Evidence(value=[1]))[0].status == "passed"
    assert judge([Expect("equals", [2])], Evidence(value=[2]))[0].status == "passed"


def test_an_unknown_expectation_is_an_error_never_a_pass() -> None:
    (finding,) = JUDGE([Expect("equal", 1)], evidence_of(1))
    assert (finding.expectation, finding.status) == ("equal", "error")
    assert "did you mean 'equals'?" in finding.message


def test_parameters_found_bad_only_now_are_an_error() -> None:
    assert JUDGE([Expect("regex", "(")], evidence_of("a"))[0].status == "error"


def test_a_component_that_cannot_be_loaded_is_undecided() -> None:
    registry = Registry([("expectation", "own", "no.such.module:X")], entry_points=False)
    (finding,) = make_judge(registry)([Expect("own")], evidence_of(1))
    assert finding.status == "undecided"
    assert "ModuleNotFoundError" in finding.message


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (7, "an expectation must be `name` or `{name: parameters}`, got 7"),
        ({}, "an expectation must have one name as its only key, got 0 keys (none)"),
        (
            {"regex": "a", "equals": 1},
            "an expectation must have one name as its only key, got 2 keys (equals, regex)",
        ),
        ("equal", "no such expectation 'equal'; did you mean 'equals'?"),
    ],
)
def test_what_is_no_expectation_is_refused(raw: Any, message: str) -> None:
    assert problem(raw).message == message


def test_a_problem_deep_inside_has_its_place() -> None:
    error = problem({"all_of": [{"equals": 1}, {"not": {"regex": {"pattern": "("}}}]})
    assert error.path == ("all_of", 1, "not", "regex", "pattern")


def test_an_expectation_is_parsed_from_its_name_or_one_key() -> None:
    assert parse_expect("completes") == Expect("completes")
    assert parse_expect({"equals": None}) == Expect("equals", None)
    assert parse_expect(Expect("equals", 1)) == Expect("equals", 1)
    assert compile_expect(REGISTRY, {"equals": 1}).name == "equals"


def test_validators_are_collected_once_each_through_connectives() -> None:
    expects = [
        Expect("python", "a:f"),
        Expect(
            "any_of", [{"python": "a:f"}, {"not": {"python": {"ref": "a:g", "with": {"n": 1}}}}]
        ),
    ]
    calls = assessors_of(REGISTRY, expects)
    assert [(call.ref, call.params) for call in calls] == [("a:f", None), ("a:g", {"n": 1})]


def test_findings_combine_worst_first() -> None:
    error = Finding(status="error")
    assert combine((passed(), undecided("x"))) == "undecided"
    assert combine((passed(), undecided("x"), failed("x"))) == "failed"
    assert combine((failed("x"), error, passed())) == "error"


def test_judging_reads_none_as_a_value_where_the_target_left_one() -> None:
    assert status({"equals": None}, None) == "passed"
    assert status({"equals": None}, None, has_value=False) == "undecided"


def test_what_could_not_be_put_to_the_test_is_undecided_and_says_why() -> None:
    error = CaseError(kind="setup", message="no Landlock here", tags=("undecided",))
    evidence = Evidence(has_value=False, error=error)
    (finding,) = JUDGE((Expect("completes"),), evidence)
    assert (finding.status, finding.message) == ("undecided", "no Landlock here")
