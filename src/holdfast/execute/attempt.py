"""How is one case attempted once?

Set-up steps, then the call of the target inside what surrounds it, then the steps
that always run; then the judge. What goes wrong with the case is evidence; only a fault of
holdfast itself is raised.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import copy
from typing import Any

import msgspec

from holdfast.errors import HoldfastError, InternalError
from holdfast.execute.surrounded import call_surrounded
from holdfast.model import codec
from holdfast.model.case import Case, Expect, Suite
from holdfast.model.evidence import CaseError, Evidence, StepEvidence
from holdfast.model.finding import Finding, combine
from holdfast.model.plan import PlannedCase
from holdfast.model.result import Attempt
from holdfast.model.steps import first_error
from holdfast.ports import (
    AssessorCall,
    CallContext,
    Clock,
    Executor,
    Judge,
    Recorder,
    Services,
    Target,
)

__all__ = ["Surroundings", "collect_evidence", "conclude", "holds_worker"]

# Targets keep their own time limits, and teardown and after_each have 30 s each of their own;
# this much later the attempt is ended from outside.
GUARD_S = 70.0
# Such an attempt was ended by what another one did.
_OF_OTHERS = frozenset({"shared", "lost"})

# Judge a whole case, its steps included, from stored evidence.
JudgeCase = Callable[[Case, Evidence], tuple[Finding, ...]]


class Surroundings(msgspec.Struct, kw_only=True):
    """What attempts share: the ports, and what the run was told."""

    executor: Executor
    services: Services
    clock: Clock
    judge: Judge
    judge_case: JudgeCase
    assessors_of: Callable[[Sequence[Expect]], tuple[AssessorCall, ...]]
    expand: Callable[[Any, Mapping[str, Any]], Any]
    load: Callable[[str, str], Any]
    recorder: Recorder
    suites: Mapping[str, Suite]
    lanes: Mapping[str, Any]
    variables: Mapping[str, Any]
    timeout_s: float
    started: float
    http: Any = None
    spawn: Any = None
    has_services: bool = False
    options: Mapping[str, Any] = {}
    root: str = ""
    redact: Callable[[bytes], bytes] | None = None

    shared: CallContext | None = None

    def context(self, case: Case, variables: dict[str, Any]) -> CallContext:
        """Return what the targets of a case may use: a copy of what all cases share, and its own."""
        if self.shared is None:
            self.shared = self._share(case)
        context = copy(self.shared)
        context.case = case
        context.variables = variables
        if self.http is not None:
            # Cookies stay within the attempt.
            context.http = self.http.session()
        return context

    def _share(self, case: Case) -> CallContext:
        return CallContext(
            case=case,
            executor=self.executor,
            clock=self.clock,
            judge=self.judge,
            recorder=self.recorder,
            expand=self.expand,
            load=self.load,
            variables={},
            spawn=self.spawn,
            timeout_s=self.timeout_s,
            lanes=self.lanes,
            options=self.options,
            root=self.root,
        )


def collect_evidence(
    planned: PlannedCase, around: Surroundings, *, alone: bool, worker: str
) -> Awaitable[Evidence]:
    """Attempt a case once; `worker` is the one whose place it holds.

    A case with nothing around its call goes straight to its target, without a task of its own.
    """
    case = planned.case
    suite = around.suites.get(case.suite) or Suite(name=case.suite)
    if not (case.surround or around.has_services or _has_steps_around(suite)) and (
        case.target.kind == "python"
    ):
        context = _context(planned, around, alone=alone, worker=worker, variables=around.variables)
        return _drive(planned, around, context)
    return _collect_with_services(planned, around, suite, alone=alone, worker=worker)


def conclude(
    planned: PlannedCase,
    n: int,
    around: Surroundings,
    left: Evidence,
    *,
    when: tuple[float, float],
    worker: str,
) -> tuple[Attempt, Evidence]:
    """Judge what an attempt left; `when` it started and ended is told in seconds of the clock."""
    evidence, findings = _judge(planned.case, left, around)
    status = combine(findings)
    error = evidence.error
    is_lost = error is not None and not _OF_OTHERS.isdisjoint(error.tags)
    started, ended = when
    attempt = Attempt(
        n=n,
        status="error" if is_lost else status,  # type: ignore[arg-type]
        started_s=started - around.started,
        duration_s=ended - started,
        worker=evidence.worker or worker or "loop",
        error=error,
        findings=findings,
        counts=not is_lost,
    )
    return attempt, evidence


def holds_worker(case: Case, lanes: Mapping[str, Any]) -> bool:
    """Tell whether a case holds a worker while it runs."""
    if case.target.kind == "python":
        return lanes.get(case.target.spec.get("ref", ""), "sync") == "sync"
    return any(
        step.target.kind == "python"
        and lanes.get(step.target.spec.get("ref", ""), "sync") == "sync"
        for step in (*case.steps, *case.teardown)
    )


def _judge(
    case: Case, evidence: Evidence, around: Surroundings
) -> tuple[Evidence, tuple[Finding, ...]]:
    """Judge what will be stored: secrets are gone before anyone looks at the evidence."""
    if around.redact is None:
        return evidence, around.judge_case(case, evidence)
    raw = codec.encode(evidence)
    clean = around.redact(raw)
    if clean is not raw:
        # What is kept is not what the code returned: nobody may be asked about it again.
        evidence = msgspec.structs.replace(codec.decode(clean, Evidence), round_trips=False)
    findings = around.judge_case(case, evidence)
    # An author may have written a secret into an expectation.
    told = codec.encode(findings)
    shown = around.redact(told)
    return evidence, findings if shown is told else codec.decode(shown, tuple[Finding, ...])


async def _collect_with_services(
    planned: PlannedCase, around: Surroundings, suite: Suite, *, alone: bool, worker: str
) -> Evidence:
    case = planned.case
    try:
        # Not within the case's own time: whoever comes first would pay for everyone's service.
        variables = {**around.variables, **await around.services.enter(case, suite)}
    except InternalError:
        raise
    except HoldfastError as error:
        return _set_up_failed(str(error))
    context = _context(planned, around, alone=alone, worker=worker, variables=variables)
    limit_s = case.timeout_s or around.timeout_s
    try:
        async with asyncio.timeout(limit_s + GUARD_S):
            evidence = await _with_surroundings(planned, around, suite, context)
    except TimeoutError:
        message = f"no end within {limit_s:g} s, and it could not be stopped for {GUARD_S:g} s more"
        evidence = Evidence(has_value=False, error=CaseError(kind="timeout", message=message))
    finally:
        lost = await around.services.lost(case, suite)
        await around.services.leave(case, suite)
    if lost:
        evidence = msgspec.structs.replace(evidence, error=CaseError(kind="crash", message=lost))
    return evidence


async def _with_surroundings(
    planned: PlannedCase, around: Surroundings, suite: Suite, context: CallContext
) -> Evidence:
    """Call the target between the steps that go before and after each case of the suite."""
    around_steps: list[StepEvidence] = []
    try:
        before = await _run_list(suite.before_each, "before_each", context)
        around_steps += before
        error = first_error(before, around.judge)
        evidence = _without_value(error) if error else await _drive(planned, around, context)
    finally:
        around_steps += await _run_list(suite.after_each, "after_each", context)
    if around_steps:
        evidence = msgspec.structs.replace(evidence, steps=(*evidence.steps, *around_steps))
    return evidence


def _drive(planned: PlannedCase, around: Surroundings, context: CallContext) -> Awaitable[Evidence]:
    """Call the target, and hand on what it answers with where no validator is to be asked."""
    case = planned.case
    target = around.load("target", case.target.kind)
    try:
        spec = case.target.spec
        if planned.has_templates:
            spec = around.expand(spec, {**context.variables, "(base)": case.base})
        if case.expect:
            context.assessors = around.assessors_of(case.expect)
    except HoldfastError as error:
        return _known(_set_up_failed(str(error)))
    if context.assessors:
        return _call_and_assess(target, spec, context, around)
    return _call(target, spec, context)


def _call(target: Target, spec: Mapping[str, Any], context: CallContext) -> Awaitable[Evidence]:
    if context.case.surround:
        return call_surrounded(target, spec, context)
    return target.call(spec, context)


async def _call_and_assess(
    target: Target, spec: Mapping[str, Any], context: CallContext, around: Surroundings
) -> Evidence:
    """Call the target; ask those validators that were not asked where the value lived."""
    evidence = await _call(target, spec, context)
    if evidence.assessments or evidence.error is not None:
        return evidence
    limit_s = context.timeout_s or around.timeout_s
    answers = await around.executor.assess(context.assessors, evidence.value, limit_s)
    return msgspec.structs.replace(evidence, assessments=answers)


def _context(
    planned: PlannedCase,
    around: Surroundings,
    *,
    alone: bool,
    worker: str,
    variables: Mapping[str, Any],
) -> CallContext:
    context = around.context(planned.case, dict(variables))
    context.seed = planned.seed
    if planned.case.timeout_s:
        context.timeout_s = planned.case.timeout_s
    context.alone = alone
    context.worker = worker
    return context


async def _run_list(
    steps: Sequence[Any], phase: str, context: CallContext
) -> tuple[StepEvidence, ...]:
    if not steps:
        return ()
    return await context.load("target", "steps").run_list(steps, phase, context)


async def _known(evidence: Evidence) -> Evidence:
    return evidence


def _set_up_failed(message: str) -> Evidence:
    return _without_value(CaseError(kind="setup", message=message))


def _without_value(error: CaseError) -> Evidence:
    return Evidence(has_value=False, error=error)


def _has_steps_around(suite: Suite) -> bool:
    return bool(suite.before_each or suite.after_each or suite.services)
