"""What runs before the first and after the last case of a suite?"""

from __future__ import annotations

import asyncio
from collections.abc import Container, Sequence

from holdfast.errors import HoldfastError, InternalError
from holdfast.execute.attempt import Surroundings
from holdfast.model.case import Case, Step, Suite, Target
from holdfast.model.evidence import StepEvidence
from holdfast.model.plan import Plan
from holdfast.model.steps import judge_step

__all__ = ["SuiteSteps"]


class SuiteSteps:
    """Runs `before` once, when the first case of its suite starts, and `after_all` when the last has ended.

    `after_all` runs also after failures; what goes wrong in it is in `broken`.
    """

    def __init__(self, plan: Plan, around: Surroundings, done: Container[int]) -> None:
        self._around = around
        self._suites = {
            name: suite
            for name, suite in plan.suites.items()
            if suite.before or suite.after_all or around.has_services
        }
        self._left: dict[str, int] = {}
        for planned in plan.cases:
            if planned.case.suite in self._suites and planned.index not in done:
                self._left[planned.case.suite] = self._left.get(planned.case.suite, 0) + 1
        self._before: dict[str, asyncio.Task[str]] = {}
        self._after: dict[str, asyncio.Task[str]] = {}
        self.is_needed = bool(self._suites)
        self.broken: dict[str, str] = {}

    async def ready(self, case: Case) -> str:
        """Wait until `before` of the case's suite has run; return why it did not succeed, or ""."""
        suite = self._suites.get(case.suite)
        if suite is None:
            return ""
        if suite.name not in self._before:
            self._before[suite.name] = asyncio.create_task(self._run(suite, suite.before, "before"))
        return await asyncio.shield(self._before[suite.name])

    def ended(self, case: Case) -> None:
        """Count a case's result; the last one of a suite starts its `after_all`."""
        suite = self._suites.get(case.suite)
        if suite is None:
            return
        self._left[suite.name] -= 1
        if self._left[suite.name] == 0 and suite.name in self._before:
            self._after[suite.name] = asyncio.create_task(self._end(suite))

    async def close(self) -> None:
        """Wait for every `after_all`; a suite that was stopped half-way gets its own now."""
        for name, task in self._before.items():
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            if name not in self._after:
                suite = self._suites[name]
                self._after[name] = asyncio.create_task(self._end(suite))
        for name, task in self._after.items():
            message = await task
            if message:
                self.broken[name] = message

    async def _end(self, suite: Suite) -> str:
        try:
            return await self._run(suite, suite.after_all, "after_all")
        finally:
            await self._around.services.end_suite(suite.name)

    async def _run(self, suite: Suite, steps: Sequence[Step], phase: str) -> str:
        if not steps:
            return ""
        around = self._around
        case = Case(
            suite=suite.name,
            id=f"({phase})",
            target=Target(kind="steps", spec={}),
            source=suite.source,
        )
        try:
            variables = {**around.variables, **await around.services.enter(case, suite)}
        except HoldfastError as error:
            if isinstance(error, InternalError):
                raise
            return f"{phase}: {error}"
        try:
            done = await around.load("target", "steps").run_list(
                steps, phase, around.context(case, variables)
            )
        finally:
            await around.services.leave(case, suite)
        return _broken(steps, done, around, phase)


def _broken(
    steps: Sequence[Step], done: Sequence[StepEvidence], around: Surroundings, phase: str
) -> str:
    """Return the first step that did not pass, with why, or ""."""
    for left in done:
        for finding in judge_step(left, around.judge):
            if finding.status != "passed":
                return f"{phase}: {finding.expectation}: {finding.message}"
    return f"{phase} did not come to its end" if len(done) < len(steps) else ""
