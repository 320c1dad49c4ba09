"""How is a plan of a map kept in a file, and read again?"""

from __future__ import annotations

from pathlib import Path

import msgspec

from holdfast.errors import UsageError
from holdfast.report.files import written_whole
from holdfast.report.parallel_view import EntryView, PlanView
from holdfast.text.suggest import did_you_mean

__all__ = ["SavedPlan", "load_plan", "save_entry", "save_plan"]

FORMAT = "holdfast-plan/1"
EXECUTORS = ("auto", "interpreter", "process", "serial", "thread")


class SavedPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan in a file: what to run a function with, and what that rests on."""

    format: str = FORMAT
    func: str
    executor: str
    n_jobs: int | None = None
    chunksize: int | None = None
    reason: str = ""
    estimated_speedup: float | None = None
    items: int | None = None
    cores: int | None = None

    @property
    def strategy(self) -> str:
        """Return it as strategies are written: `process:2:50`."""
        if self.executor == "serial":
            return "serial"
        parts = [self.executor, *map(str, filter(None, (self.n_jobs, self.chunksize)))]
        return ":".join(parts)


def save_plan(plan: PlanView, func: str, path: str) -> None:
    """Keep what `optimize` found."""
    _write(
        SavedPlan(
            func=func,
            executor=plan.executor,
            n_jobs=plan.n_jobs,
            chunksize=plan.chunksize,
            reason=plan.reason,
            estimated_speedup=plan.estimated_speedup,
            items=plan.items,
            cores=plan.cores,
        ),
        path,
    )


def save_entry(entry: EntryView, func: str, path: str, *, reason: str) -> None:
    """Keep the best of a search."""
    _write(
        SavedPlan(
            func=func,
            executor=entry.executor,
            n_jobs=entry.n_jobs,
            chunksize=entry.chunksize,
            reason=reason,
            estimated_speedup=entry.speedup,
            items=entry.plan.items if entry.plan else None,
            cores=entry.plan.cores if entry.plan else None,
        ),
        path,
    )


def load_plan(path: str, func: str) -> SavedPlan:
    """Read a plan for a function.

    Raises:
        UsageError: there is none, it is not one, or it is one for another function.
    """
    try:
        plan = msgspec.json.decode(Path(path).read_bytes(), type=SavedPlan)
    except OSError as error:
        raise UsageError(
            f"--load must name a plan, got {path!r} ({error.strerror})",
            hint="`holdfast parallel optimize FUNC --save PATH` writes one",
        ) from error
    except msgspec.DecodeError as error:
        raise UsageError(
            f"{path}: this is no plan: {error}",
            hint="`holdfast parallel optimize FUNC --save PATH` writes one",
        ) from error
    if plan.format != FORMAT:
        raise UsageError(f"{path}: format must be {FORMAT!r}, got {plan.format!r}")
    if plan.executor not in EXECUTORS:
        near = did_you_mean(plan.executor, EXECUTORS)
        raise UsageError(f"{path}: no such executor {plan.executor!r}{near}")
    if any(number is not None and number < 1 for number in (plan.n_jobs, plan.chunksize)):
        raise UsageError(
            f"{path}: n_jobs and chunksize must be at least 1, got {plan.n_jobs} and {plan.chunksize}"
        )
    if plan.func != func:
        raise UsageError(
            f"{path}: this is a plan for {plan.func!r}, got {func!r}",
            hint=f"holdfast parallel optimize {func} --save {path}",
        )
    return plan


def _write(plan: SavedPlan, path: str) -> None:
    with written_whole(Path(path)) as file:
        file.write(msgspec.json.format(msgspec.json.encode(plan), indent=2) + b"\n")
