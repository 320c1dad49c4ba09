"""What does a run take over from the one that it goes on with, or that it repeats?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from holdfast.assembly.request import Request
from holdfast.errors import NothingSelected
from holdfast.model.run import RunRow
from holdfast.ports import Store

__all__ = ["as_before", "not_passed"]

# Settings that select cases; what a resumed run does not say itself is as it was.
SELECTING = ("select", "per_suite", "exclude_slow", "include_stress", "security")
# What its author left out is left out again.
BY_AUTHOR = frozenset({"author", "xfail"})


def as_before(request: Request, store: Store, earlier: RunRow | None) -> Request:
    """Fill in what `--resume`, `--rerun-failed` and `--only-errors` leave unsaid: which cases these were."""
    row = earlier
    if row is None and (request.rerun_failed or request.only_errors):
        row = store.run("last")
    if row is None or request.paths or request.given is not None:
        return request
    before = cast("Mapping[str, Any]", row.settings.get("selection") or {})
    request = msgspec.structs.replace(request, paths=tuple(before.get("paths") or ()))
    if earlier is None:
        return request
    settings = {
        name: row.settings[name]
        for name in SELECTING
        if name in row.settings and name not in request.origins
    }
    return msgspec.structs.replace(
        request,
        marks=request.marks or before.get("marks", ""),
        keyword=request.keyword or before.get("keyword", ""),
        suites=request.suites or tuple(before.get("suites") or ()),
        settings=msgspec.structs.replace(request.settings, **settings),
    )


def not_passed(store: Store, *, errors_only: bool) -> tuple[frozenset[str], str]:
    """Return what did not pass in the last run, unfinished cases too, and what is said of all others.

    Raises:
        NothingSelected: there is nothing to run again.
    """
    row = store.run("last")
    done: set[str] = set()
    for planned, result in store.results(row.id):
        is_done = result.status == "passed" or result.skip_kind in BY_AUTHOR
        if errors_only:
            is_done = result.status != "error"
        if is_done:
            done.add(f"{planned.suite}/{planned.id}")
    known = {f"{planned.suite}/{planned.id}" for planned in store.planned(row.id)}
    if errors_only:
        known &= {
            f"{planned.suite}/{planned.id}"
            for planned, result in store.results(row.id)
            if result.status == "error"
        }
    chosen = known - done
    word = "errors" if errors_only else "failures"
    if not chosen:
        raise NothingSelected(
            f"run {row.id} has no {word} to run again",
            hint="run without the flag to run everything",
        )
    return frozenset(chosen), f"not among the {word} of run {row.id}"
