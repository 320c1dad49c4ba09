"""Do the steps of an attempt judge the same from what was kept, and in the right order?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import pytest

from holdfast.model import codec
from holdfast.model.case import Case, Expect, Step, Target
from holdfast.model.evidence import CaseError, Evidence, StepEvidence
from holdfast.model.finding import Finding, combine
from holdfast.model.steps import (
    did_pass,
    first_error,
    judge_case,
    judge_step,
    keep_step,
    step_label,
)

ERROR = CaseError(kind="timeout", type="TimeoutError", message="too slow")
Phase = Literal["before_each", "step", "teardown", "after_each"]


def judge(expects: Sequence[Expect], evidence: Evidence) -> tuple[Finding, ...]:
    """`is: X` holds where the value is X; `unknown` is undecided."""
    if evidence.error:
        names = [each.name for each in expects] or ["completes"]
        return tuple(
            Finding(expectation=name, status="error", message="too slow") for name in names
        )
    return tuple(_judge_one(each, evidence.value) for each in expects)


def _judge_one(expect: Expect, value: Any) -> Finding:
    if expect.name == "unknown":
        return Finding(expectation="unknown", status="undecided", message="who knows")
    status: Any = "passed" if value == expect.params else "failed"
    return Finding(expectation=expect.name, status=status, message=f"was {value!r}", observed=value)


def step(
    value: Any = 1,
    *,
    expect: Sequence[Expect] = (Expect("is", 1),),
    phase: Phase = "step",
    error: CaseError | None = None,
    tries: int = 1,
    **kept: Any,
) -> StepEvidence:
    evidence = keep_step(Evidence(value=value, error=error), expect=expect, **kept)
    return StepEvidence(name=f"{phase} 1 (x)", phase=phase, evidence=evidence, tries=tries)


def case(kind: str = "steps", expect: tuple[Expect, ...] = ()) -> Case:
    return Case(suite="s", id="c", target=Target(kind=kind, spec={}), expect=expect)


def said(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    return [(each.expectation, each.status) for each in findings]


@pytest.mark.parametrize(
    ("target", "label"),
    [
        (Target(kind="http", spec={"url": "{api}/x"}), "step 2 (GET {api}/x)"),
        (Target(kind="http", spec={"url": "/x", "json": None}), "step 2 (POST /x)"),
        (Target(kind="http", spec={"url": "/x", "method": "delete"}), "step 2 (DELETE /x)"),
        (Target(kind="python", spec={"ref": "m:f"}), "step 2 (m:f)"),
        (Target(kind="command", spec={"shell": "ls | wc"}), "step 2 (ls | wc)"),
        (Target(kind="command", spec={"argv": ["ls", 1]}), "step 2 (ls 1)"),
        (Target(kind="other", spec={}), "step 2 (other)"),
        (Target(kind="python", spec={"ref": "x" * 100}), f"step 2 ({'x' * 57}...)"),
    ],
)
def test_a_step_is_named_by_what_it_calls_as_authored(target: Target, label: str) -> None:
    assert step_label("step", 2, Step(target=target)) == label


def test_a_step_with_a_name_is_named_by_it() -> None:
    named = Step(target=Target(kind="http", spec={"url": "/x"}), name="create")
    assert step_label("teardown", 1, named) == "teardown 1 (create)"


def test_a_finding_of_a_step_names_the_step() -> None:
    assert said(judge_step(step(2), judge)) == [("step 1 (x): is", "failed")]


def test_a_step_judges_the_same_after_it_was_stored() -> None:
    kept = step(3, until=[Expect("is", 3)], within_s=2.0, unsaved={"id": "nothing"}, tries=4)
    stored = codec.decode(codec.encode(kept), StepEvidence)
    assert stored == kept
    assert judge_step(stored, judge) == judge_step(kept, judge)


def test_a_step_without_expectations_has_findings_only_for_an_error() -> None:
    assert judge_step(step(expect=()), judge) == ()
    assert said(judge_step(step(expect=(), error=ERROR), judge)) == [
        ("step 1 (x): completes", "error")
    ]


def test_until_that_was_reached_says_how_often_it_was_tried() -> None:
    (until, own) = judge_step(step(1, until=[Expect("is", 1)], tries=1_200), judge)
    assert (until.expectation, until.status) == ("step 1 (x): until", "passed")
    assert until.message == "reached after 1,200 tries"
    assert own.status == "passed"


def test_until_that_was_not_reached_says_what_was_last_seen() -> None:
    kept = step("pending", expect=(), until=[Expect("is", "done")], within_s=20.0)
    (until,) = judge_step(kept, judge)
    assert until.status == "failed"
    assert until.message == ("not reached within 20 s, after 1 try; last seen: is: was 'pending'")
    assert until.observed == "pending"


def test_until_that_cannot_be_decided_is_undecided() -> None:
    (until,) = judge_step(step(expect=(), until=[Expect("unknown")]), judge)
    assert until.status == "undecided"


def test_until_that_ends_with_an_error_fails_and_the_error_is_told() -> None:
    kept = step(expect=(), until=[Expect("is", 1)], error=ERROR)
    assert said(judge_step(kept, judge)) == [
        ("step 1 (x): until", "failed"),
        ("step 1 (x): completes", "error"),
    ]


def test_what_could_not_be_saved_fails_the_step() -> None:
    findings = judge_step(step(unsaved={"id": "'$.id' matches nothing"}), judge)
    assert said(findings) == [("step 1 (x): is", "passed"), ("step 1 (x): save", "failed")]
    assert findings[1].message == "'id' could not be saved: '$.id' matches nothing"


def test_what_fails_before_a_case_makes_it_an_error() -> None:
    assert said(judge_step(step(2, phase="before_each"), judge)) == [
        ("before_each 1 (x): is", "error")
    ]
    assert said(judge_step(step(2, phase="after_each"), judge)) == [
        ("after_each 1 (x): is", "failed")
    ]


def test_a_case_without_steps_is_judged_as_it_is() -> None:
    plain = case("http", (Expect("is", 1),))
    assert judge_case(plain, Evidence(value=1), judge) == judge(plain.expect, Evidence(value=1))
    assert judge_case(case(), Evidence(), judge) == ()


def test_the_findings_of_steps_come_before_those_of_the_case() -> None:
    evidence = Evidence(value=7, steps=(step(), step(phase="teardown")))
    findings = judge_case(case(expect=(Expect("is", 7),)), evidence, judge)
    assert said(findings) == [
        ("step 1 (x): is", "passed"),
        ("teardown 1 (x): is", "passed"),
        ("is", "passed"),
    ]


def test_after_a_broken_step_the_case_itself_is_undecided() -> None:
    evidence = Evidence(value=7, error=ERROR, steps=(step(error=ERROR),))
    findings = judge_case(case(expect=(Expect("is", 7),)), evidence, judge)
    assert said(findings) == [("step 1 (x): is", "error"), ("is", "undecided")]
    assert findings[1].message == "not judged: step 1 (x) did not pass"


def test_a_failed_teardown_does_not_keep_the_case_from_being_judged() -> None:
    evidence = Evidence(value=7, steps=(step(), step(2, phase="teardown")))
    findings = judge_case(case(expect=(Expect("is", 7),)), evidence, judge)
    assert [status for _, status in said(findings)] == ["passed", "failed", "passed"]
    assert combine(findings) == "failed"


def test_an_error_outside_the_steps_is_never_lost() -> None:
    evidence = Evidence(error=ERROR, steps=(step(),))
    assert combine(judge_case(case(), evidence, judge)) == "error"


def test_steps_around_another_target_are_judged_with_it() -> None:
    evidence = Evidence(value=1, steps=(step(phase="before_each"), step(2, phase="after_each")))
    findings = judge_case(case("http", (Expect("is", 1),)), evidence, judge)
    assert [status for _, status in said(findings)] == ["passed", "failed", "passed"]


def test_the_first_error_of_steps_keeps_its_kind_and_names_the_step() -> None:
    error = first_error([step(), step(error=ERROR)], judge)
    assert error is not None
    assert (error.kind, error.message) == ("timeout", "step 1 (x): too slow")
    assert first_error([step(), step(2)], judge) is None
    assert first_error([], judge) is None


def test_a_step_before_the_case_that_does_not_pass_is_a_set_up_error() -> None:
    error = first_error([step(2, phase="before_each")], judge)
    assert error is not None
    assert (error.kind, error.type) == ("setup", "StepFailed")
    assert error.message == "before_each 1 (x): is: was 2"
    timed_out = first_error([step(phase="before_each", error=ERROR)], judge)
    assert timed_out is not None
    assert timed_out.kind == "setup"


def test_nothing_judged_speaks_against_nothing() -> None:
    assert did_pass(())
    assert not did_pass((Finding(status="undecided"),))
