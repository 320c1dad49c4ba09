"""Which keys does report.json have? The format "holdfast-report/1", as values.

Keys may be added; none is changed without a new format number. History: 1 is the first.
"""

from __future__ import annotations

from typing import Any

import msgspec

from holdfast.model.evidence import CaseError
from holdfast.model.finding import Finding
from holdfast.model.result import Attempt, Result
from holdfast.model.run import Counts, Schedule
from holdfast.model.summary import Summary
from holdfast.ports import PlannedRow
from holdfast.report.usage_view import UnusualView, UsageView
from holdfast.report.view import RunView

__all__ = ["FORMAT", "head", "result_record"]

FORMAT = "holdfast-report/1"


class ErrorRecord(msgspec.Struct, frozen=True, gc=False):
    """Why an attempt could not be carried out."""

    kind: str
    type: str
    message: str
    traceback: str


class AttemptRecord(msgspec.Struct, frozen=True, gc=False):
    """One attempt; `message` says why it did not pass, `counts` whether it used up a try."""

    n: int
    status: str
    error: ErrorRecord | None
    started_s: float
    duration_s: float
    worker: str
    message: str
    counts: bool


class FindingRecord(msgspec.Struct, frozen=True, gc=False):
    """One judged expectation."""

    expectation: str
    status: str
    message: str
    expected: Any
    observed: Any
    score: float | None
    assessed_in: str


class ResultRecord(msgspec.Struct, frozen=True, gc=False):
    """One case."""

    id: str
    suite: str
    status: str
    reason: str
    flaky: bool
    tags: tuple[str, ...]
    source: str
    started_s: float
    duration_s: float
    attempts: list[AttemptRecord]
    findings: list[FindingRecord]
    measurements: dict[str, float]
    skip_kind: str
    cached_from: str


def result_record(row: PlannedRow, result: Result) -> ResultRecord:
    """Return a case as report.json has it."""
    return ResultRecord(
        result.id,
        result.suite,
        result.status,
        result.reason,
        result.is_flaky,
        row.tags,
        row.source,
        result.started_s,
        result.duration_s,
        [_attempt(attempt) for attempt in result.attempts],
        [_finding(finding) for finding in result.findings],
        result.measurements,
        result.skip_kind,
        result.cached_from,
    )


def head(shown: RunView) -> dict[str, Any]:
    """Return everything of report.json but the results, in the order of its keys."""
    row, counts = shown.row, shown.counts
    return {
        "format": FORMAT,
        "exit_code": shown.exit_code,
        "verdict": shown.verdict,
        "run": {
            "id": row.id,
            "seed": row.seed,
            "started": row.started,
            "finished": row.finished,
            "duration_s": row.duration_s,
            "commit": row.commit,
            "dirty": row.dirty,
            "environment": row.environment,
            "settings": row.settings,
            "segments": row.segments,
            "stopped": row.stopped,
        },
        "counts": _counts(counts),
        "success_rate": counts.success_rate,
        "suites": _suites(shown.summary),
        "gate": [
            {
                "name": rule.name,
                "held": rule.held,
                "threshold": rule.threshold,
                "observed": rule.observed,
                "message": rule.message,
            }
            for rule in shown.gate
        ],
        "schedule": _schedule(row.schedule),
        "memory": _memory(shown.usage),
        "unusual": _unusual(shown.unusual),
        "deselected": [
            {"suite": suite, "id": case_id, "reason": reason}
            for suite, case_id, reason in row.deselected
        ],
    }


def _attempt(attempt: Attempt) -> AttemptRecord:
    message = ""
    if attempt.status != "passed":
        message = next((f.message for f in attempt.findings if f.status != "passed"), "")
    return AttemptRecord(
        attempt.n,
        attempt.status,
        None if attempt.error is None else _error(attempt.error),
        attempt.started_s,
        attempt.duration_s,
        attempt.worker,
        message,
        attempt.counts,
    )


def _error(error: CaseError) -> ErrorRecord:
    return ErrorRecord(error.kind, error.type, error.message, error.traceback)


def _finding(finding: Finding) -> FindingRecord:
    return FindingRecord(
        finding.expectation,
        finding.status,
        finding.message,
        finding.expected,
        finding.observed,
        finding.score,
        finding.assessed_in,
    )


def _counts(counts: Counts) -> dict[str, int]:
    return {name: getattr(counts, name) for name in Counts.__struct_fields__}


def _suites(summary: Summary) -> list[dict[str, Any]]:
    return [
        {
            "name": suite.name,
            "planned": suite.counts.planned,
            "passed": suite.counts.passed,
            "failed": suite.counts.failed,
            "undecided": suite.counts.undecided,
            "error": suite.counts.error,
            "skipped": suite.counts.skipped,
            "success_rate": suite.counts.success_rate,
            "duration_s": suite.duration_s,
            "errors": [{"id": case_id, "message": message} for case_id, message in suite.errors],
        }
        for suite in summary.suites
    ]


def _schedule(schedule: Schedule) -> dict[str, Any]:
    return {
        "makespan_s": schedule.makespan_s,
        "lower_bound_s": schedule.lower_bound_s,
        "slots": schedule.slots,
        "workers": schedule.workers,
        "idle_share": schedule.idle_share,
        "permit_wait_s": schedule.permit_wait_s,
        "critical_path": list(schedule.critical_path),
        "sequential_s": schedule.sequential_s,
        "speedup": schedule.speedup,
        "efficiency": schedule.efficiency,
        "per_worker": [
            {"name": worker.name, "cases": worker.cases, "busy_share": worker.busy_share}
            for worker in schedule.per_worker
        ],
    }


def _memory(usage: UsageView) -> dict[str, Any]:
    return {
        "asked_hz": usage.asked_hz,
        "achieved_hz": usage.achieved_hz,
        "share": usage.share,
        "reason": usage.reason,
        "missing": dict(usage.missing),
        "processes": [
            {
                "name": process.name,
                "first_bytes": process.first_bytes,
                "peak_bytes": process.peak_bytes,
                "last_bytes": process.last_bytes,
                "growth_bytes": process.growth_bytes,
                "cpu_s": process.cpu_s,
            }
            for process in usage.processes
        ],
    }


def _unusual(unusual: UnusualView) -> dict[str, Any]:
    return {
        "count": unusual.count,
        "judged": unusual.judged,
        "is_machine": unusual.is_machine,
        "cases": [
            {
                "case": case.case,
                "duration_s": case.duration_s,
                "usual_s": case.usual_s,
                "runs": case.runs,
                "score": case.score,
                "is_over": case.is_over,
            }
            for case in unusual.cases
        ],
    }
