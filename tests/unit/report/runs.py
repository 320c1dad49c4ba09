"""Which runs do the tests of reports show?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from holdfast.analyse.summary import summarise
from holdfast.model.evidence import CaseError, Series
from holdfast.model.finding import Finding
from holdfast.model.result import Attempt, Result
from holdfast.model.run import RunRow, Schedule, WorkerShare
from holdfast.ports import PlannedRow
from holdfast.report.source import ReportSource

__all__ = ["attempt", "finding", "planned", "result", "row", "source"]


def finding(status: Any = "passed", **fields: Any) -> Finding:
    return Finding(**{"expectation": "equals", "status": status, **fields})


def attempt(status: Any = "passed", **fields: Any) -> Attempt:
    told = {"n": 1, "started_s": 0.5, "duration_s": 0.25, "worker": "worker-1", **fields}
    return Attempt(status=status, **told)


def result(case_id: str = "adds", status: Any = "passed", **fields: Any) -> Result:
    """Build a result; `findings` and `error` go into its one attempt."""
    parts = {name: fields.pop(name) for name in ("findings", "error") if name in fields}
    attempts: tuple[Attempt, ...] = ()
    if status != "skipped":
        attempts = (attempt(status, **{"findings": (finding(status),), **parts}),)
    told = {
        "suite": "sums",
        "id": case_id,
        "started_s": 0.5,
        "duration_s": 0.25,
        "attempts": attempts,
        **fields,
    }
    return Result(status=status, **told)


def planned(results: Sequence[Result]) -> list[PlannedRow]:
    return [
        PlannedRow(
            index=index,
            suite=one.suite,
            id=one.id,
            key=f"key-{index}",
            tags=("quick",),
            source=f"cases/{one.suite}.yaml:{index + 1}",
        )
        for index, one in enumerate(results)
    ]


def row(**fields: Any) -> RunRow:
    told = {
        "id": "20260131-120000-ab12",
        "seed": 7,
        "started": "2026-01-31T12:00:00Z",
        "finished": "2026-01-31T12:00:10Z",
        "duration_s": 10.0,
        "exit_code": 0,
        "verdict": "passed",
        "environment": {"platform": "Linux", "python": "3.11.7"},
        "schedule": Schedule(
            makespan_s=10.0,
            lower_bound_s=9.8,
            slots=32,
            workers=2,
            idle_share=0.05,
            permit_wait_s=1.5,
            critical_path=("sums/adds", "sums/then"),
            sequential_s=19.0,
            speedup=1.9,
            efficiency=0.95,
            per_worker=(WorkerShare(name="worker-1", cases=3, busy_share=0.9),),
        ),
        **fields,
    }
    return RunRow(**told)


def source(
    results: Sequence[Result],
    run: RunRow | None = None,
    *,
    plan: Sequence[PlannedRow] | None = None,
    series: Mapping[str, Series] | None = None,
) -> ReportSource:
    """Build what a report is made from; `plan` may hold more cases than have results."""
    rows = planned(results) if plan is None else plan

    def stream() -> Iterator[tuple[PlannedRow, Result]]:
        return iter(list(zip(rows, results, strict=False)))

    return ReportSource(
        row=run or row(planned=len(rows)),
        summary=summarise(rows, stream()),
        results=stream,
        series=lambda: series or {},
    )


ERROR = CaseError(
    kind="exception",
    type="ValueError",
    message="no rows",
    traceback='Traceback (most recent call last):\n  File "a.py", line 1\nValueError: no rows',
)
