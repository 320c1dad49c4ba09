"""What do all attempts of a run share?"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from holdfast.assembly.components import Components
from holdfast.assembly.request import Request, Workplace
from holdfast.assembly.secrecy import Secrecy
from holdfast.execute.attempt import Surroundings
from holdfast.execute.nothing import NoRecorder
from holdfast.judge.combine import assessors_of, make_judge
from holdfast.model.case import Case, Step
from holdfast.model.evidence import Evidence
from holdfast.model.finding import Finding
from holdfast.model.plan import Plan
from holdfast.model.steps import judge_case
from holdfast.ports import Judge
from holdfast.text.units import parse_duration

__all__ = ["case_judge", "surroundings"]


async def surroundings(
    request: Request, plan: Plan, components: Components, place: Workplace, *, secrecy: Secrecy
) -> Surroundings:
    """Collect the ports and the settings that attempts use; asks hosts which functions are coroutine functions."""
    registry = place.registry
    judge = make_judge(registry)
    find_assessors = partial(assessors_of, registry)
    kinds = _kinds(plan)
    return Surroundings(
        executor=components.executor,
        services=components.services,
        clock=place.clock,
        judge=judge,
        judge_case=case_judge(judge),
        assessors_of=find_assessors,
        expand=components.expander(),
        load=registry.load,
        recorder=NoRecorder(),
        suites=plan.suites,
        lanes=await components.executor.resolve(sorted(_references(plan))),
        variables=_variables(request),
        timeout_s=parse_duration(request.settings.timeout),
        started=place.clock.now(),
        http=components.http() if "http" in kinds else None,
        spawn=components.spawn,
        has_services=bool(request.settings.services),
        options={"assessors_of": find_assessors},
        root=str(place.root),
        redact=secrecy.evidence if secrecy.is_needed else None,
    )


def case_judge(judge: Judge) -> Any:
    """Return the function that judges a whole case from its evidence."""

    def judge_whole(case: Case, evidence: Evidence) -> tuple[Finding, ...]:
        if evidence.steps:
            return judge_case(case, evidence, judge)
        return judge(case.expect, evidence)

    return judge_whole


def _variables(request: Request) -> Mapping[str, Any]:
    given = {"base_url": request.settings.base_url, "database_url": request.settings.database_url}
    return {name: value for name, value in given.items() if value}


def _kinds(plan: Plan) -> set[str]:
    return {kind for planned in plan.cases for kind in _kinds_of(planned.case)} | {
        step.target.kind
        for suite in plan.suites.values()
        for step in (*suite.before, *suite.before_each, *suite.after_each, *suite.after_all)
    }


def _kinds_of(case: Case) -> tuple[str, ...]:
    if not case.steps and not case.teardown:
        return (case.target.kind,)
    return (case.target.kind, *(step.target.kind for step in (*case.steps, *case.teardown)))


def _references(plan: Plan) -> set[str]:
    """Return every Python function that the plan names as a target."""
    found: set[str] = set()
    for planned in plan.cases:
        case = planned.case
        if case.target.kind == "python":
            found.add(case.target.spec.get("ref", ""))
        if case.steps or case.teardown:
            found |= _of_steps((*case.steps, *case.teardown))
    for suite in plan.suites.values():
        found |= _of_steps((*suite.before, *suite.before_each, *suite.after_each, *suite.after_all))
    return {ref for ref in found if ref and "{" not in ref}


def _of_steps(steps: tuple[Step, ...]) -> set[str]:
    return {step.target.spec.get("ref", "") for step in steps if step.target.kind == "python"}
