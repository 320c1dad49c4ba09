"""How does a command become a run of one case, with its evidence and its reports?

Such a command has no pipeline of its own: it writes one case, as a case file would,
and shows what was found.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from holdfast.assembly.components import Components
from holdfast.assembly.reporting import write_reports
from holdfast.assembly.request import Given, Request, Workplace
from holdfast.cli.interrupt import stopped_by_signals
from holdfast.cli.log import log_reporters, logging_to_stderr
from holdfast.cli.screen import Screen
from holdfast.cli.workplace import opened_store, read_settings, report_folder, workplace
from holdfast.errors import InternalError, Interrupted
from holdfast.model.evidence import Evidence
from holdfast.model.result import Result
from holdfast.pipeline import carry_out
from holdfast.ports import Reporter, Store
from holdfast.process.loop import run_loop
from holdfast.report.source import ReportSource

__all__ = ["Finished", "carry_case"]

CODES = {"passed": 0, "failed": 1, "error": 1, "undecided": 3}
# What a project says of its own cases is not meant for this one.
ALONE: Mapping[str, Any] = {"select": "", "budget": "", "cached": False, "in_process": False}


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """What the run of one case left; `exit_code` is what the case alone comes to."""

    run_id: str
    exit_code: int
    result: Result | None = None
    evidence: Evidence | None = None
    reports: tuple[str, ...] = ()


def carry_case(
    suite: str, case: Mapping[str, Any], *, flags: Mapping[str, Any], progress: bool
) -> Finished:
    """Run one case, given as in a case file; its evidence is in the store when this returns.

    `flags` are settings by their dotted names. With `progress` the screen shows the run.

    Raises:
        ProblemsError: the case cannot mean anything.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    loaded = read_settings({**ALONE, **given})
    place = workplace(loaded)
    request = Request(
        settings=loaded.settings,
        origins=loaded.origins,
        given=Given(documents=((suite, {"suite": suite, "cases": [case]}),)),
    )
    with (
        logging_to_stderr(loaded.settings.log_level),
        opened_store(loaded, place) as store,
    ):
        source = run_loop(_run(request, place, store, progress=progress))
        folder = report_folder(loaded.settings, place, source.row.id)
        written = write_reports(source, loaded.settings.report, folder, place)
        return _finished(source, store, [os.path.relpath(path) for path in written])


async def _run(request: Request, place: Workplace, store: Store, *, progress: bool) -> ReportSource:
    screen = Screen(verbose=False, quiet=not progress, progress=request.settings.progress)

    def reporters(components: Components) -> Sequence[Reporter]:
        shown = screen.reporter(place.registry, components.executor.doing, components.used)
        return [shown, *log_reporters()]

    with stopped_by_signals() as announce:
        return await carry_out(request, place, store, reporters=reporters, announce=announce)


def _finished(source: ReportSource, store: Store, reports: Sequence[str]) -> Finished:
    row = source.row
    code = InternalError.exit_code if row.exit_code is None else row.exit_code
    found = next(iter(source.results()), None)
    if found is None or not found[1].attempts:
        return Finished(run_id=row.id, exit_code=code, reports=tuple(reports))
    planned, result = found
    return Finished(
        run_id=row.id,
        # The gate of a project is about its own cases: here the one case decides.
        exit_code=code if code == Interrupted.exit_code else CODES.get(result.status, code),
        result=result,
        evidence=store.evidence(row.id, planned.index, result.attempts[-1].n),
        reports=tuple(reports),
    )
