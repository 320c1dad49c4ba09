"""Where are the baselines of `not_slower`, and how are sittings added to them?

`baselines/SUITE/ID.json` beside the case file. What a file holds goes into the plan, so that the
evidence has it and judging is pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from holdfast.errors import Problem, ProblemsError, UsageError
from holdfast.model.case import Case, Surround
from holdfast.model.plan import Plan
from holdfast.ports import Store
from holdfast.registry import load_place

__all__ = ["fill_baselines", "write_baselines"]

# Loaded by name where a case has a baseline: no other run pays for it.
FILES = "holdfast.measure.baseline_file:"
DRIVER = "paired"
BASELINE = "baseline"


def fill_baselines(cases: Iterable[Case], *, update: bool) -> tuple[Case, ...]:
    """Put what the files hold into the cases that compare with a baseline.

    Raises:
        ProblemsError: files are no baselines; all of them are named at once.
    """
    problems: list[Problem] = []
    filled = tuple(_fill(case, problems, update=update) for case in cases)
    if problems:
        raise ProblemsError(problems)
    return filled


def write_baselines(run_id: str, plan: Plan, store: Store) -> tuple[str, ...]:
    """Add what a run measured to the baselines of its cases; return a line for each of them.

    What could not be measured is not written.

    Raises:
        UsageError: a file cannot be written.
    """
    cases = {each.index: each.case for each in plan.cases if _wants_baseline(each.case)}
    told: list[str] = []
    for row, result in store.results(run_id) if cases else ():
        case = cases.get(row.index)
        if case is None:
            continue
        left = store.evidence(run_id, row.index, len(result.attempts))
        fact = left.facts.get(BASELINE) if left else None
        if fact is not None:
            said = load_place(f"{FILES}keep_measured")(Path(case.base) / fact["file"], fact)
            told.append(f"{fact['file']}: {said}")
    return tuple(told)


def _wants_baseline(case: Case) -> bool:
    return any(map(_is_of_baseline, case.surround))


def _is_of_baseline(each: Surround) -> bool:
    if each.kind != "driver" or each.name != DRIVER:
        return False
    params: dict[str, Any] = each.params or {}
    return BASELINE in params.get("than", {})


def _fill(case: Case, problems: list[Problem], *, update: bool) -> Case:
    if not _wants_baseline(case):
        return case

    def filled(each: Surround) -> Surround:
        if not _is_of_baseline(each):
            return each
        params: dict[str, Any] = each.params
        name: str = params["than"][BASELINE]
        file = load_place(f"{FILES}file_of")(case.suite, name or case.id)
        path = Path(case.base) / file
        try:
            stored = load_place(f"{FILES}read_stored")(path, file, update=update)
        except UsageError as error:
            problems.append(Problem(str(path), 0, 0, error.message, error.hint))
            return each
        than = {BASELINE: name, "stored": stored}
        return msgspec.structs.replace(each, params={**params, "than": than})

    return msgspec.structs.replace(case, surround=tuple(map(filled, case.surround)))
