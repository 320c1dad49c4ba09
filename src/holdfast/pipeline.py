"""What happens in a run, from case files to verdict? Read this file first.

    sources --> cases --> plan --> [ attempt --> evidence kept --> judged ]* --> gate --> reports

Each stage hands values to the next; the stages do not know one another.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import closing

from holdfast.analyse.summary import Tally
from holdfast.assembly.again import as_before
from holdfast.assembly.books import Kept, open_books
from holdfast.assembly.closing import close_books
from holdfast.assembly.components import Components
from holdfast.assembly.foresee import refuse_nothing
from holdfast.assembly.prepare import prepare
from holdfast.assembly.reporting import report_source, source_of
from holdfast.assembly.request import Request, Workplace
from holdfast.assembly.secrecy import Secrecy
from holdfast.assembly.snapshots import refuse_under_ci, write_snapshots
from holdfast.assembly.surround import surroundings
from holdfast.execute.attempt import Surroundings
from holdfast.execute.journal import Journal
from holdfast.execute.outlook import StopRules
from holdfast.execute.runner import Runner
from holdfast.model.plan import Plan, PlannedCase
from holdfast.model.result import Result
from holdfast.ports import Reporter, Store
from holdfast.process.loop import frozen_heap
from holdfast.report.source import ReportSource
from holdfast.text.units import parse_duration

__all__ = ["carry_out"]

_LOG = logging.getLogger("holdfast.run")

# How many of the longest cases are kept for the end of a run, unless --durations asks for more.
SLOWEST = 10


async def carry_out(
    request: Request,
    place: Workplace,
    store: Store,
    *,
    reporters: Callable[[Components], Sequence[Reporter]],
    announce: Callable[[Runner], None],
) -> ReportSource:
    """Run cases and return the closed books; whatever is shown is in the store first.

    `reporters` are made once the components exist, since a live view asks them
    what runs. `announce` is given the runner, so that a signal can stop it.

    Raises:
        ProblemsError: a case file is wrong; nothing was run.
        NothingSelected: no case was selected.
    """
    if request.update:
        refuse_under_ci(place.env)
    with closing(open_books(request, store, place)) as books:
        request = as_before(request, store, books.earlier)
        if books.earlier is not None and books.is_finished:
            return report_source(books.earlier, store)
        async with Components(place, books.run_id, request) as components:
            await components.warm()
            prepared = await prepare(
                request,
                place,
                store,
                seed=books.seed,
                slots=components.slots,
                collect=components.executor.collect,
            )
            refuse_nothing(prepared)
            plan = prepared.plan
            kept = books.keep(request, plan, store, place)
            secrecy = Secrecy(place, plan)
            row, note = books.open(request, plan, store, place=place, secrecy=secrecy)
            told = reporters(components)
            journal = Journal(store, books.run_id, told)
            journal.run_started(row, plan)
            for text in filter(None, (*prepared.notes, note)):
                journal.event("note", {"text": text})
            around = await surroundings(request, plan, components, place, secrecy=secrecy)
            runner, tally = await _execute(
                request,
                plan,
                kept,
                components=components,
                journal=journal,
                around=around,
                announce=announce,
            )
    row = close_books(
        request, plan, row, runner=runner, tally=tally, store=store, clock=place.clock
    )
    if request.update:
        journal.event("snapshots", {"written": write_snapshots(row.id, plan, store)})
    journal.run_finished(row)
    for text, times in journal.trouble().items():
        _LOG.warning("a reporter failed %d x: %s", times, text)
    return source_of(row, store, tally.summary())


async def _execute(
    request: Request,
    plan: Plan,
    kept: Kept,
    *,
    components: Components,
    journal: Journal,
    around: Surroundings,
    announce: Callable[[Runner], None],
) -> tuple[Runner, Tally]:
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
