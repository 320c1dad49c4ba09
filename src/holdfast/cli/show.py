"""`holdfast show`: what happened in a run, or what happens in it now?"""

from __future__ import annotations

import math
from typing import Literal

import click

from holdfast.assembly.reporting import report_source
from holdfast.cli.alive import working_since
from holdfast.cli.screen import Screen
from holdfast.cli.stored import Stored, run_argument, stored_run
from holdfast.errors import UsageError
from holdfast.model.evidence import Evidence
from holdfast.model.result import Result
from holdfast.ports import PlannedRow
from holdfast.report.paint import Paint
from holdfast.report.show_case_text import case_text
from holdfast.report.show_text import MAX_LISTED, standing_of, standing_text
from holdfast.report.view import view
from holdfast.text.suggest import did_you_mean

__all__ = ["command"]


@click.command("show")
@run_argument
@click.argument("case", required=False, metavar="[CASE]")
@click.option("--all", "is_all", is_flag=True, help="List every case, however many there are.")
def command(run: str, case: str | None, *, is_all: bool, store: str | None, profile: str) -> int:
    """Show a run, also while it goes on, or one case of it with all its evidence.

    RUN is a run's id or its beginning, last, or last~N. CASE is an id as
    `holdfast list` writes it; without its suite where that is clear.

    \b
    Examples:
      holdfast show last
      holdfast show last --all
      holdfast show last login/wrong-password
    """  # noqa: D301 - click wants the character \b itself
    screen = Screen()
    with stored_run(run, store=store, profile=profile) as stored:
        limit = math.inf if is_all else MAX_LISTED
        text = _of_case(stored, case, screen.paint) if case else _of_run(stored, limit, screen)
    screen.write(text)
    return 0


def _of_run(stored: Stored, limit: float, screen: Screen) -> str:
    row, store = stored.row, stored.store
    state: Literal["running", "stopped", "finished"] = "finished"
    elapsed_s = 0.0
    if not row.finished:
        since = working_since(row.id)
        state = "stopped" if since is None else "running"
        elapsed_s = stored.place.clock.wall().timestamp() - since if since else 0.0
    planned, started = store.planned(row.id), store.started(row.id)
    standing = standing_of(planned, store.results(row.id), started, limit=limit)
    shown = view(row, report_source(row, store).summary, store.series(row.id))
    return standing_text(
        shown,
        standing,
        state=state,
        elapsed_s=max(elapsed_s, 0.0),
        limit=limit,
        paint=screen.paint,
    )


def _of_case(stored: Stored, wanted: str, paint: Paint) -> str:
    row, store = stored.row, stored.store
    planned = _find(stored, wanted)
    result = _result(stored, planned.index)
    evidence: dict[int, Evidence] = {}
    for attempt in result.attempts if result else ():
        left = store.evidence(row.id, planned.index, attempt.n)
        if left is not None:
            evidence[attempt.n] = left
    return case_text(planned, result, evidence, seed=row.seed, paint=paint)


def _find(stored: Stored, wanted: str) -> PlannedRow:
    found: list[PlannedRow] = []
    known: list[str] = []
    for planned in stored.store.planned(stored.row.id):
        full_id = f"{planned.suite}/{planned.id}"
        if wanted == full_id:
            return planned
        if wanted == planned.id:
            found.append(planned)
        known.append(full_id if "/" in wanted else planned.id)
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(f"{each.suite}/{each.id}" for each in found[:5])
        raise UsageError(f"{wanted!r} is a case of more than one suite", hint=f"it may mean {ids}")
    raise UsageError(
        f"run {stored.row.id} has no case {wanted!r}{did_you_mean(wanted, known)}",
        hint=f"holdfast show {stored.row.id} lists its cases",
    )


def _result(stored: Stored, index: int) -> Result | None:
    results = stored.store.results(stored.row.id)
    return next((result for planned, result in results if planned.index == index), None)
