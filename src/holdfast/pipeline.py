"""What happens in a run, from case files to verdict? Read this file first.

    sources --> cases --> plan --> [ attempt --> evidence kept --> judged ]* --> gate --> reports

Each stage hands values to the next; the stages do not know one another.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import closing

from holdfast.assembly.again import as_before
from holdfast.assembly.approved import write_approved
from holdfast.assembly.books import open_books
from holdfast.assembly.carrying import carry
from holdfast.assembly.closing import close_books
from holdfast.assembly.components import Components
from holdfast.assembly.foresee import refuse_nothing
from holdfast.assembly.prepare import prepare
from holdfast.assembly.reporting import report_source, source_of
from holdfast.assembly.request import Request, Workplace
from holdfast.assembly.secrecy import Secrecy
from holdfast.assembly.snapshots import refuse_under_ci
from holdfast.assembly.surround import surroundings
from holdfast.execute.journal import Journal
from holdfast.execute.runner import Runner
from holdfast.ports import Reporter, Store
from holdfast.report.source import ReportSource

__all__ = ["carry_out"]

_LOG = logging.getLogger("holdfast.run")


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
            watching = components.watching(store)
            journal = Journal(store, books.run_id, (*reporters(components), watching.pace))
            journal.run_started(row, plan)
            for text in filter(None, (*prepared.notes, note)):
                journal.event("note", {"text": text})
            around = await surroundings(request, plan, components, place, secrecy=secrecy)
            async with watching.begin(around.started, journal.event):
                runner, tally = await carry(
                    request,
                    plan,
                    kept,
                    components=components,
                    journal=journal,
                    around=around,
                    announce=announce,
                )
    row = close_books(
        request,
        plan,
        row,
        runner=runner,
        tally=tally,
        store=store,
        clock=place.clock,
        watched=watching.watched,
    )
    if request.update:
        write_approved(row.id, plan, store, journal.event)
    journal.run_finished(row)
    _tell_trouble(journal)
    return source_of(row, store, tally.summary())


def _tell_trouble(journal: Journal) -> None:
    for text, times in journal.trouble().items():
        _LOG.warning("a reporter failed %d x: %s", times, text)
