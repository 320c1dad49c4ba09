"""What do the steps of an attempt say, judged from what each of them left? Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import msgspec

from holdfast.model.case import Case, Expect, Step
from holdfast.model.evidence import CaseError, Evidence, StepEvidence
from holdfast.model.finding import Finding, undecided

__all__ = [
    "FACTS",
    "did_pass",
    "first_error",
    "judge_case",
    "judge_step",
    "keep_step",
    "step_label",
]

JudgeAll = Callable[[Sequence[Expect], Evidence], tuple[Finding, ...]]

# The key in the facts of a step's evidence under which its own record is kept.
FACTS = "step"
_LABEL_CHARS = 60
# A case whose steps of these phases did not pass has not done what its expectations are about.
_DOING = frozenset({"before_each", "step"})


def step_label(phase: str, number: int, step: Step) -> str:
    """Name a step for people: `step 2 (POST {api}/x)`; numbers count from 1.

    Templates are shown as written, so that equal steps have equal names in every run.
    """
    shown = step.name or _shown_target(step.target.kind, step.target.spec)
    shown = shown if len(shown) <= _LABEL_CHARS else f"{shown[: _LABEL_CHARS - 3]}..."
    return f"{phase} {number} ({shown})"


def keep_step(
    evidence: Evidence,
    *,
    expect: Sequence[Expect] = (),
    until: Sequence[Expect] = (),
    within_s: float = 0.0,
    unsaved: Mapping[str, str] | None = None,
) -> Evidence:
    """Add to a step's evidence what it takes to judge it again: its expectations, filled in.

    `unsaved` are the names that could not be saved, each with the reason.
    """
    record: dict[str, Any] = {"expect": [[each.name, each.params] for each in expect]}
    if until:
        record["until"] = [[each.name, each.params] for each in until]
        record["within_s"] = within_s
    if unsaved:
        record["unsaved"] = dict(unsaved)
    return msgspec.structs.replace(evidence, facts={**evidence.facts, FACTS: record})


def judge_step(step: StepEvidence, judge: JudgeAll) -> tuple[Finding, ...]:
    """Judge one step from what it left; each finding names the step.

    A step without expectations has findings only when it ended with an error. What
    fails before a case makes that case an `error`: it could not be carried out.
    """
    evidence = step.evidence
    record: dict[str, Any] = evidence.facts.get(FACTS, {})
    findings: list[Finding] = []
    until = _expects(record.get("until", ()))
    if until:
        findings.append(_judge_until(until, step, judge, within_s=record.get("within_s", 0.0)))
    expects = _expects(record.get("expect", ()))
    if expects or evidence.error is not None:
        findings.extend(judge(expects, evidence))
    for name, reason in cast("dict[str, str]", record.get("unsaved", {})).items():
        message = f"{name!r} could not be saved: {reason}"
        findings.append(Finding(expectation="save", status="failed", message=message))
    return tuple(_of_step(finding, step) for finding in findings)


def judge_case(case: Case, evidence: Evidence, judge: JudgeAll) -> tuple[Finding, ...]:
    """Judge an attempt with its steps: theirs first, in their order, then the case's own.

    For a case without steps this is `judge(case.expect, evidence)`. Where steps are
    the target and one of them did not pass, the case's own expectations are undecided.
    """
    if not evidence.steps:
        return judge(case.expect, evidence)
    of_steps = [(step, judge_step(step, judge)) for step in evidence.steps]
    findings = tuple(finding for _, each in of_steps for finding in each)
    if case.target.kind != "steps":
        return (*findings, *judge(case.expect, evidence))
    broken = next(
        (step.name for step, each in of_steps if step.phase in _DOING and not did_pass(each)), None
    )
    if broken is None:
        must_tell = bool(case.expect) or (evidence.error is not None and did_pass(findings))
        return (*findings, *judge(case.expect, evidence)) if must_tell else findings
    unjudged = undecided(f"not judged: {broken} did not pass")
    own = (msgspec.structs.replace(unjudged, expectation=each.name) for each in case.expect)
    return (*findings, *own)


def did_pass(findings: Sequence[Finding]) -> bool:
    """Tell whether no finding speaks against a step; nothing judged speaks against nothing."""
    return all(finding.status == "passed" for finding in findings)


def first_error(steps: Sequence[StepEvidence], judge: JudgeAll) -> CaseError | None:
    """Return why steps could not be carried out, or None: the first that ended with an error.

    Of the phase `before_each` every step that did not pass counts, as a `setup` error.
    """
    for step in steps:
        findings = judge_step(step, judge)
        bad = next((finding for finding in findings if finding.status != "passed"), None)
        if bad is None:
            continue
        error = step.evidence.error
        if step.phase == "before_each":
            tags = error.tags if error else ()
            message = f"{bad.expectation}: {bad.message}"
            return CaseError(kind="setup", type="StepFailed", message=message, tags=tags)
        if error is not None and any(finding.status == "error" for finding in findings):
            return msgspec.structs.replace(error, message=f"{step.name}: {error.message}")
    return None


def _expects(pairs: Sequence[Sequence[Any]]) -> tuple[Expect, ...]:
    return tuple(Expect(name, params) for name, params in pairs)


def _judge_until(
    until: tuple[Expect, ...], step: StepEvidence, judge: JudgeAll, *, within_s: float
) -> Finding:
    findings = judge(until, step.evidence)
    bad = next((finding for finding in findings if finding.status != "passed"), None)
    tries = f"{step.tries:,} {'try' if step.tries == 1 else 'tries'}"
    if bad is None:
        message = f"reached after {tries}"
        return Finding(expectation="until", status="passed", message=message)
    # What could not be decided to the end may have been reached; an error was seen, and was not it.
    status = "undecided" if bad.status == "undecided" else "failed"
    seen = f"{bad.expectation}: {bad.message}" if bad.message else bad.expectation
    return Finding(
        expectation="until",
        status=status,
        message=f"not reached within {within_s:g} s, after {tries}; last seen: {seen}",
        expected=bad.expected,
        observed=bad.observed,
    )


def _of_step(finding: Finding, step: StepEvidence) -> Finding:
    name = f"{step.name}: {finding.expectation}"
    if step.phase == "before_each" and finding.status == "failed":
        return msgspec.structs.replace(finding, expectation=name, status="error")
    return msgspec.structs.replace(finding, expectation=name)


def _shown_target(kind: str, spec: Mapping[str, Any]) -> str:
    if kind == "http":
        has_body = any(key in spec for key in ("json", "form", "files", "content"))
        method = spec.get("method") or ("POST" if has_body else "GET")
        return f"{str(method).upper()} {spec.get('url', '')}"
    words = spec.get("argv")
    if isinstance(words, list):
        return " ".join(map(str, cast("list[Any]", words)))
    return str(spec.get("ref") or spec.get("shell") or kind)
