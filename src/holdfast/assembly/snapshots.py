"""Where are the approved values of `snapshot`, and how are new ones written?

`snapshots/SUITE/ID.json` beside the case file; a step's has its number behind the id.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from holdfast.errors import Problem, ProblemsError, UsageError
from holdfast.model.case import Case, Expect
from holdfast.model.codec import is_opaque
from holdfast.model.plan import Plan
from holdfast.ports import Store
from holdfast.text.diff import equal_values

__all__ = ["fill_snapshots", "refuse_under_ci", "write_snapshots"]

NAME = "snapshot"


def refuse_under_ci(env: Any) -> None:
    """Refuse `--update` where nobody would look at what was written.

    Raises:
        UsageError: the variable CI is set.
    """
    if env.get("CI", "").casefold() not in {"", "0", "false"}:
        raise UsageError(
            "--update must not be given under CI",
            hint="write snapshots and baselines locally and commit them",
        )


def fill_snapshots(cases: Iterable[Case], *, update: bool) -> tuple[Case, ...]:
    """Put the approved values into the expectations, so that judging them is pure.

    With `update`, a value that is not the approved one is undecided: it is about to
    become the approved one, and nothing has been compared with it yet.

    Raises:
        ProblemsError: a snapshot file is no JSON.
    """
    problems: list[Problem] = []
    filled = tuple(_fill_case(case, problems, update=update) for case in cases)
    if problems:
        raise ProblemsError(problems)
    return filled


def write_snapshots(run_id: str, plan: Plan, store: Store) -> tuple[str, ...]:
    """Write the values of a run whose snapshots are missing or differ; return the files.

    A value that is not known whole is not written: it could never be compared.
    """
    written: list[str] = []
    attempts = {row.index: len(result.attempts) for row, result in store.results(run_id)}
    for planned in plan.cases:
        case = planned.case
        if not _has_snapshot(case):
            continue
        evidence = store.evidence(run_id, planned.index, attempts.get(planned.index, 0))
        if evidence is None:
            continue
        if evidence.has_value and evidence.error is None:
            written += _write_all(case, case.expect, evidence.value)
        done = [step.evidence for step in evidence.steps if step.phase == "step"]
        for step, left in zip(case.steps, done, strict=False):
            if left.has_value and left.error is None:
                written += _write_all(case, step.expect, left.value)
    return tuple(written)


def _has_snapshot(case: Case) -> bool:
    return any(each.name == NAME for step in (case, *case.steps) for each in step.expect)


def _fill_case(case: Case, problems: list[Problem], *, update: bool) -> Case:
    if not _has_snapshot(case):
        return case

    def fill(expects: Iterable[Expect], name: str) -> tuple[Expect, ...]:
        return tuple(_fill(each, case, name, problems, update=update) for each in expects)

    steps = tuple(
        msgspec.structs.replace(step, expect=fill(step.expect, f"{case.id}.{n}"))
        for n, step in enumerate(case.steps, 1)
    )
    return msgspec.structs.replace(case, expect=fill(case.expect, case.id), steps=steps)


def _fill(
    expect: Expect, case: Case, default: str, problems: list[Problem], *, update: bool
) -> Expect:
    if expect.name != NAME:
        return expect
    name = expect.params if isinstance(expect.params, str) else default
    file = f"snapshots/{_file_name(case.suite)}/{_file_name(name)}.json"
    path = Path(case.base) / file
    stored: Any = None
    exists = path.is_file()
    if exists:
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
        except json.JSONDecodeError as error:
            message = f"a snapshot must be JSON, got {error.msg}"
            hint = "write it again with `holdfast run --update`"
            problems.append(Problem(str(path), error.lineno, error.colno, message, hint))
    return Expect(NAME, {"file": file, "stored": stored, "exists": exists, "update": update})


def _file_name(name: str) -> str:
    return quote(name, safe="[]=, -_.")


def _write_all(case: Case, expects: Iterable[Expect], value: Any) -> list[str]:
    written: list[str] = []
    for expect in expects:
        if expect.name != NAME or is_opaque(value):
            continue
        if expect.params["exists"] and equal_values(expect.params["stored"], value):
            continue
        path = Path(case.base) / expect.params["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
        draft.write_text(f"{text}\n", encoding="utf-8")
        draft.replace(path)
        written.append(expect.params["file"])
    return written
