"""How is one step carried out: filled in, called, repeated until it holds, saved?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import msgspec

from holdfast.errors import UsageError
from holdfast.model.case import Expect, Step
from holdfast.model.evidence import CaseError, Evidence, StepEvidence
from holdfast.model.finding import Finding
from holdfast.model.steps import did_pass, judge_step, keep_step
from holdfast.ports import AssessorCall, BadParams, CallContext, Target
from holdfast.targets.save import read_saved
from holdfast.text.templates import reference_of, unescape_whole

__all__ = ["Done", "carry_out"]

# Validators of a step run after its call, on what it left; they get the time that a slow one needs.
_ASSESS_S = 30.0

AssessorsOf = Callable[[Sequence[Expect]], tuple[AssessorCall, ...]]


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """A step that was carried out: what it left, and what that says."""

    kept: StepEvidence
    findings: tuple[Finding, ...]

    @property
    def did_pass(self) -> bool:
        """Whether nothing speaks against it."""
        return did_pass(self.findings)


async def carry_out(
    step: Step, *, name: str, phase: Any, context: CallContext, deadline: float | None
) -> Done:
    """Carry out one step, at the latest until `deadline` on the context's clock.

    What it saves is added to `context.variables`. Whatever goes wrong is in its evidence.
    """
    work = _Work(step, context, deadline)
    evidence = await work.run()
    kept = StepEvidence(name=name, phase=phase, evidence=evidence, tries=max(1, work.tries))
    findings = judge_step(kept, context.judge)
    if step.save and did_pass(findings):
        unsaved = _save(step, evidence, context)
        if unsaved:
            evidence = work.kept(evidence, unsaved)
            kept = msgspec.structs.replace(kept, evidence=evidence)
            findings = judge_step(kept, context.judge)
    return Done(kept=kept, findings=findings)


class _Work:
    """One step on its way: its fields and expectations with their templates filled in."""

    def __init__(self, step: Step, context: CallContext, deadline: float | None) -> None:
        self._step = step
        self._context = context
        self._deadline = deadline
        self._expect: tuple[Expect, ...] = step.expect
        self._until: tuple[Expect, ...] = step.until.expect if step.until else ()
        self.tries = 0

    async def run(self) -> Evidence:
        try:
            spec = self._context.expand(self._step.target.spec, self._context.variables)
            self._expect = tuple(self._fill(each) for each in self._expect)
            self._until = tuple(self._fill(each) for each in self._until)
            target: Target = self._context.load("target", self._step.target.kind)
            assessors = self._assessors()
        except (UsageError, BadParams) as error:
            return self.kept(_broken("setup", type(error).__name__, str(error)))
        until = self._step.until
        if until is None:
            return self.kept(await self._call(target, spec, assessors, None))
        clock = self._context.clock
        end = clock.now() + until.within_s
        while True:
            evidence = await self._call(target, spec, assessors, end)
            if did_pass(self._context.judge(self._until, evidence)):
                break
            soon = clock.now() + until.every_s
            if soon >= end or (self._deadline is not None and soon >= self._deadline):
                break
            await clock.sleep(until.every_s)
        return self.kept(evidence)

    async def _call(
        self, target: Target, spec: Any, assessors: tuple[AssessorCall, ...], end: float | None
    ) -> Evidence:
        left = self._left(end)
        if left is not None and left <= 0:
            return _broken("timeout", "TimeoutError", "no time was left for this step")
        self.tries += 1
        context = msgspec.structs.replace(
            self._context, timeout_s=left, assessors=assessors, lane="sync"
        )
        evidence = await target.call(spec, context)
        if not assessors or evidence.assessments or evidence.error or not evidence.has_value:
            return evidence
        left = self._left(None)
        limit = _ASSESS_S if left is None else max(0.0, min(left, _ASSESS_S))
        answers = await context.executor.assess(assessors, evidence.value, limit)
        return msgspec.structs.replace(evidence, assessments=answers)

    def kept(self, evidence: Evidence, unsaved: dict[str, str] | None = None) -> Evidence:
        """Return the evidence with what it takes to judge it again."""
        return keep_step(
            evidence,
            expect=self._expect,
            until=self._until,
            within_s=self._step.until.within_s if self._step.until else 0.0,
            unsaved=unsaved,
        )

    def _left(self, end: float | None) -> float | None:
        """Return the seconds that a call may take: its own, until's, the attempt's."""
        now = self._context.clock.now()
        limits = [
            self._step.timeout_s,
            None if end is None else end - now,
            None if self._deadline is None else self._deadline - now,
        ]
        return min((limit for limit in limits if limit is not None), default=None)

    def _fill(self, expect: Expect) -> Expect:
        """Fill in strings that are one template; what holds none stays the very same object."""
        params = _fill_whole(expect.params, self._context)
        return expect if params is expect.params else Expect(expect.name, params)

    def _assessors(self) -> tuple[AssessorCall, ...]:
        find: AssessorsOf | None = self._context.options.get("assessors_of")
        return find((*self._until, *self._expect)) if find else ()


def _fill_whole(value: Any, context: CallContext) -> Any:
    if isinstance(value, str):
        if reference_of(value):
            return context.expand(value, context.variables)
        return unescape_whole(value) if value[:2] == "{{" else value
    if isinstance(value, dict):
        old = cast("dict[str, Any]", value)
        new = {key: _fill_whole(item, context) for key, item in old.items()}
        return new if any(new[key] is not old[key] for key in old) else old
    if isinstance(value, list):
        items = cast("list[Any]", value)
        filled = [_fill_whole(item, context) for item in items]
        return filled if any(a is not b for a, b in zip(filled, items, strict=True)) else items
    return value


def _save(step: Step, evidence: Evidence, context: CallContext) -> dict[str, str]:
    """Save what the step names; return what could not be saved, each with the reason."""
    unsaved: dict[str, str] = {}
    for name, source in step.save.items():
        try:
            context.variables[name] = read_saved(source, evidence)
        except BadParams as error:
            unsaved[name] = error.message
    return unsaved


def _broken(kind: Any, name: str, message: str) -> Evidence:
    return Evidence(has_value=False, error=CaseError(kind=kind, type=name, message=message))
