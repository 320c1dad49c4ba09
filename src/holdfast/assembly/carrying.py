"""How does a plan become results? The runner is made here, and told what is done already."""

from __future__ import annotations

from collections.abc import Callable

from holdfast.analyse.summary import Tally
from holdfast.assembly.books import Kept
from holdfast.assembly.components import Components
from holdfast.assembly.request import Request
from holdfast.execute.attempt import Surroundings
from holdfast.execute.journal import Journal
from holdfast.execute.outlook import StopRules
from holdfast.execute.runner import Runner
from holdfast.model.plan import Plan, PlannedCase
from holdfast.model.result import Result
from holdfast.process.loop import frozen_heap
from holdfast.text.units import parse_duration

__all__ = ["carry"]

# How many of the longest cases are kept for the end of a run, unless --durations asks for more.
SLOWEST = 10


async def carry(
    request: Request,
    plan: Plan,
    kept: Kept,
    *,
    components: Components,
    journal: Journal,
    around: Surroundings,
    announce: Callable[[Runner], None],
) -> tuple[Runner, Tally]:
    """Carry out what has no result yet; `announce` is given the runner, so that a signal can stop it."""
    tally = Tally(slowest=max(SLOWEST, request.settings.durations))
    for planned in plan.cases:
        tally.plan(planned.case.suite)

    def on_result(planned: PlannedCase, result: Result) -> None:
        tally.add(result, planned.case.source)

    settings = request.settings
    budget_s = parse_duration(settings.budget) if settings.budget else 0.0
    today = around.clock.wall().date().isoformat()
    rules = StopRules(max_failures=settings.max_failures, budget_s=budget_s, today=today)
    done = kept.all()
    for index, result in done.items():
        on_result(plan.cases[index], result)
    for index, result in kept.fresh.items():
        journal.end_case(plan.cases[index], result)
    runner = Runner(
        plan,
        around,
        journal,
        slots=components.slots,
        workers=components.workers,
        rules=rules,
        on_result=on_result,
        done=done,
        before=kept.attempts,
    )
    announce(runner)
    with frozen_heap():
        await runner.run()
    return runner, tally
