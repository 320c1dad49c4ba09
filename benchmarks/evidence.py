"""Did a run of holdfast really do it? Counts what its report and its store hold.

A process of its own (`python -m benchmarks.evidence REPORT STORE`): reading 100,000 results would
make the one that measures large, and Linux counts that for the processes that it starts.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import msgspec

__all__ = ["Held", "count"]


class _Result(msgspec.Struct, frozen=True):
    id: str
    status: str


class _Run(msgspec.Struct, frozen=True):
    id: str


class _Counts(msgspec.Struct, frozen=True):
    planned: int
    passed: int


class _Schedule(msgspec.Struct, frozen=True):
    makespan_s: float
    lower_bound_s: float


class _Report(msgspec.Struct, frozen=True):
    exit_code: int
    run: _Run
    counts: _Counts
    schedule: _Schedule
    results: list[_Result]


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What report and store hold of one run."""

    planned: int
    counted_passed: int
    listed_passed: int
    stored_passed: int
    makespan_s: float
    lower_bound_s: float


def count(report_path: Path, store_path: Path) -> Held:
    """Count the cases that passed: in the report's counts, in its list, in the store."""
    report = msgspec.json.decode(report_path.read_bytes(), type=_Report)
    with closing(sqlite3.connect(store_path)) as store:
        ((stored,),) = store.execute(
            "SELECT count(*) FROM outcome WHERE run = ? AND status = 'passed'", (report.run.id,)
        )
    return Held(
        planned=report.counts.planned,
        counted_passed=report.counts.passed,
        listed_passed=len({result.id for result in report.results if result.status == "passed"}),
        stored_passed=stored,
        makespan_s=report.schedule.makespan_s,
        lower_bound_s=report.schedule.lower_bound_s,
    )


if __name__ == "__main__":
    print(msgspec.json.encode(count(Path(sys.argv[1]), Path(sys.argv[2]))).decode())
